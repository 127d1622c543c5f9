//! Times one decision of ours and of Cedar, on equivalent rules, in turns in the same run.
//!
//! `cargo run --release --manifest-path conformance/cedar-bench/Cargo.toml`. Time is CPU time and
//! the median. Both find their policies compiled and their request prepared; Cedar's entities, too.

use std::hint::black_box;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use rolecall_policy::Named;
use rustix::time::{ClockId, clock_gettime};

// Items that only the workspace's benchmark uses.
#[allow(dead_code)]
#[path = "../../../crates/bench/src/typical.rs"]
mod typical;

fn main() {
    let policies = typical::policies();
    let identity: Vec<_> = policies.iter().map(|(name, policy)| Named { name, policy }).collect();
    let context = typical::context();
    let mut ours = || assert!(typical::is_allowed(black_box(&identity), typical::OBJECT, &context));

    let cedar = Cedar::new();
    assert_eq!(cedar.policies.policies().count(), 12);
    assert!(!cedar.decide(&cedar.request("blue", "10.20.30.40")));
    assert!(!cedar.decide(&cedar.request("red", "192.0.2.1")));
    let request = cedar.request("red", "10.20.30.40");
    let mut theirs = || assert!(cedar.decide(black_box(&request)));

    let [ours, theirs] = medians([&mut ours, &mut theirs]);
    println!("typical request, 12 statements, 2 conditions");
    println!("rolecall-policy  {ours:>7.0} ns");
    println!("cedar-policy     {theirs:>7.0} ns  {:.1} times ours", theirs / ours);
}

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Vec<Entity>,
}

impl Cedar {
    fn new() -> Self {
        let policies = include_str!("typical.cedar").parse().unwrap();
        let team = ("team".to_owned(), text("red"));
        let role = Entity::new(uid("Role", "reports"), [team].into(), [].into()).unwrap();
        Self { authorizer: Authorizer::new(), policies, entities: vec![role] }
    }

    /// The entities and the request are made before the clock starts, as our context is.
    fn request(&self, folder: &str, address: &str) -> (Entities, Request) {
        let attributes =
            [("arn".to_owned(), text(typical::OBJECT)), ("folder".to_owned(), text(folder))];
        let object = uid("Object", typical::OBJECT);
        let resource = Entity::new(object.clone(), attributes.into(), [].into()).unwrap();
        let entities = self.entities.iter().cloned().chain([resource]);
        let entities = Entities::from_entities(entities, None).unwrap();
        let mut pairs: Vec<_> =
            typical::KEYS.iter().map(|(key, value)| ((*key).to_owned(), text(value))).collect();
        pairs.push(("requestedRegion".to_owned(), text("eu-west-1")));
        pairs.push(("sourceIp".to_owned(), RestrictedExpression::new_ip(address)));
        let context = Context::from_pairs(pairs).unwrap();
        let action = uid("Action", typical::ACTION);
        let request = Request::new(uid("Role", "reports"), action, object, context, None).unwrap();
        (entities, request)
    }

    fn decide(&self, (entities, request): &(Entities, Request)) -> bool {
        let answer = self.authorizer.is_authorized(request, &self.policies, entities);
        answer.decision() == Decision::Allow
    }
}

fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.parse().unwrap(), id.parse().unwrap())
}

fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

/// The median CPU time of a call, in nanoseconds; the batches take turns.
fn medians<const N: usize>(mut works: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..BATCHES {
        for (work, times) in works.iter_mut().zip(&mut times) {
            let before = thread_nanoseconds();
            (0..CALLS).for_each(|_| work());
            times.push((thread_nanoseconds() - before) / f64::from(CALLS));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn thread_nanoseconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

const BATCHES: u32 = 201;
const CALLS: u32 = 500;
