use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use rolecall_authority::State;
use rolecall_identity::{InstanceId, Timestamp};

use super::metadata::{Metadata, MetadataParts, Rendered};

/// Whom a listener of the metadata service answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serves {
    /// The first instance of the world, by id.
    First,
    /// This instance, whoever asks: for a listener on an interface or in a namespace of its own.
    Instance(InstanceId),
    /// The instance that has the peer's address. Nothing that a client says can change that, but
    /// the network must keep it from sending with another's address.
    Source,
}

/// The instance that a listener answers for.
pub(crate) struct InstanceFinder {
    instances: Arc<Instances>,
    serves: Serves,
    /// What was found last, unless that depends on the peer.
    last: ArcSwapOption<Rendered>,
}

/// The instances of a world, found by how a connection came.
pub(crate) struct Instances {
    parts: Arc<MetadataParts>,
    known: RwLock<HashMap<InstanceId, Arc<Metadata>>>,
    addresses: ArcSwap<Addresses>,
}

/// Which instance has an address, in one state. An address that two have is nobody's.
#[derive(Default)]
struct Addresses {
    position: u64,
    owners: HashMap<IpAddr, Option<InstanceId>>,
}

impl InstanceFinder {
    pub(crate) fn new(instances: Arc<Instances>, serves: Serves) -> Self {
        Self { instances, serves, last: ArcSwapOption::empty() }
    }

    pub(crate) fn parts(&self) -> &MetadataParts {
        &self.instances.parts
    }

    /// What to answer a connection from; `None` if no instance is known for it.
    pub(crate) fn find(&self, peer: IpAddr, now: Timestamp) -> Guard<Option<Arc<Rendered>>> {
        let last = self.last.load();
        let state = self.instances.parts.ledger.glance();
        if last.as_ref().is_some_and(|last| last.is_fresh(&state, now)) {
            return last;
        }
        let found = self.instances.find(&self.serves, &state, peer, now);
        if self.serves != Serves::Source {
            self.last.store(found.clone());
        }
        Guard::from_inner(found)
    }
}

impl Instances {
    pub(crate) fn new(parts: MetadataParts) -> Self {
        let addresses = ArcSwap::from_pointee(Addresses::default());
        Self { parts: Arc::new(parts), known: RwLock::default(), addresses }
    }

    fn find(
        &self,
        serves: &Serves,
        state: &State,
        peer: IpAddr,
        now: Timestamp,
    ) -> Option<Arc<Rendered>> {
        match serves {
            Serves::First => self.current(&state.instances().next()?.id, state, now),
            Serves::Instance(id) => self.current(id, state, now),
            Serves::Source => self.current(&self.by_address(state, peer)?, state, now),
        }
    }

    fn current(&self, id: &InstanceId, state: &State, now: Timestamp) -> Option<Arc<Rendered>> {
        if let Some(metadata) = self.read().get(id) {
            return metadata.current(state, now);
        }
        self.metadata(id, state)?.current(state, now)
    }

    /// Mints and renders what a listener of its own will be asked for.
    pub(crate) fn warm(&self, serves: &Serves, now: Timestamp) -> Option<Arc<Rendered>> {
        let nobody = IpAddr::from([0, 0, 0, 0]);
        let state = self.parts.ledger.glance();
        if *serves == Serves::Source { None } else { self.find(serves, &state, nobody, now) }
    }

    /// Renews what is due, also while nobody reads; forgets instances that are gone.
    pub(crate) fn keep_fresh(&self, now: Timestamp) {
        let known: Vec<_> = self.read().iter().map(|(id, m)| (id.clone(), Arc::clone(m))).collect();
        for (id, metadata) in known {
            if metadata.current(&self.parts.ledger.glance(), now).is_none() {
                self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
            }
        }
    }

    /// Only instances that exist are kept.
    fn metadata(&self, id: &InstanceId, state: &State) -> Option<Arc<Metadata>> {
        state.instance(id)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Metadata::new(id.clone(), Arc::clone(&self.parts)));
        Some(Arc::clone(known.entry(id.clone()).or_insert_with(new)))
    }

    fn by_address(&self, state: &State, peer: IpAddr) -> Option<InstanceId> {
        let mut addresses = self.addresses.load_full();
        if addresses.position != state.position() {
            addresses = Arc::new(Addresses::of(state));
            self.addresses.store(Arc::clone(&addresses));
        }
        addresses.owners.get(&peer.to_canonical())?.clone()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<InstanceId, Arc<Metadata>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Addresses {
    fn of(state: &State) -> Self {
        let mut owners = HashMap::new();
        for instance in state.instances() {
            for address in instance.addresses() {
                owners
                    .entry(address)
                    .and_modify(|owner| *owner = None)
                    .or_insert_with(|| Some(instance.id.clone()));
            }
        }
        Self { position: state.position(), owners }
    }
}
