use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::Arc;

use rolecall_authority::seed::Seed;
use rolecall_client::Shell;
use rolecall_identity::Clock;
use rolecall_server::{
    Addresses, Config, ImdsListener, MovableClock, Planes, Profile, StartError, World,
    write_private,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::print;
use crate::cli::DevArgs;
use crate::failure::Failure;
use crate::{screen, seed_file};

pub(crate) fn run(args: &DevArgs) -> Result<ExitCode, Failure> {
    if args.print_seed {
        print(seed_file::DEVELOPMENT)?;
        return Ok(ExitCode::SUCCESS);
    }
    let seed = seed_file::read(args.seed.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(&error))?;
    let served = runtime.block_on(serve(args, config(args, seed)));
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}

fn config(args: &DevArgs, seed: Seed) -> Config {
    let clock = Arc::new(MovableClock::default());
    let profile = match args.hardened {
        true => Profile::Hardened { hosts: Vec::new() },
        false => Profile::Aws,
    };
    let mut listeners = args.imds.iter().map(|address| ImdsListener {
        profile: profile.clone(),
        keep_alive: args.keep_alive,
        ..ImdsListener::new(*address)
    });
    // There is always one: the argument has a default.
    let first = listeners.next();
    Config {
        addresses: Addresses {
            imds: first.map_or(args.admin, |listener| listener.address),
            container: args.container,
            api: args.api,
            admin: args.admin,
        },
        listeners: listeners.collect(),
        profile,
        keep_alive: args.keep_alive,
        pod_identity: args.pod_identity,
        planes: if args.only_metadata { Planes::Metadata } else { Planes::All },
        data: args.data.clone(),
        seed,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        movable: Some(clock),
        soft: args.soft,
        explain: true,
    }
}

async fn serve(args: &DevArgs, config: Config) -> Result<(), Failure> {
    let watch = |kind| signal(kind).map_err(|error| Failure::new(&error));
    let signals = (watch(SignalKind::interrupt())?, watch(SignalKind::terminate())?);
    let world = World::start(config).await.map_err(start_failure)?;
    announce(args, &world)?;
    wait(signals).await;
    world.stop().await;
    Ok(())
}

fn announce(args: &DevArgs, world: &World) -> Result<(), Failure> {
    let settings = world.settings();
    if let Some(path) = &args.env_file {
        let lines: String = screen::variables_of(settings)
            .into_iter()
            .map(|(name, value)| Shell::Bash.export(name, &value) + "\n")
            .collect();
        write_private(path, &lines).map_err(|error| Failure::new(&error))?;
    }
    screen::show(settings, args.data.as_deref(), args.show_keys);
    if args.json {
        print(&format!("{}\n", screen::object(settings)))?;
    }
    // Without a service manager there is nobody to tell.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    screen::ready();
    Ok(())
}

async fn wait((mut interrupt, mut terminate): (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn start_failure(error: StartError) -> Failure {
    match &error {
        StartError::Seed(seed) => Failure::configuration(
            "the seed describes no world".to_owned(),
            vec![seed.to_string()],
            Vec::new(),
        ),
        StartError::Bind { source, .. } => bind_failure(&error, source.kind()),
        StartError::Store(_) => Failure::new(&error).hint("a data folder has one user at a time"),
        _ => Failure::new(&error),
    }
}

fn bind_failure(error: &StartError, kind: ErrorKind) -> Failure {
    let failure = Failure::new(error);
    match kind {
        ErrorKind::AddrInUse => {
            failure.hint("another `rolecall dev` may be running; port 0 picks a free one")
        }
        ErrorKind::AddrNotAvailable => {
            failure.hint("the address must be on an interface of this network namespace")
        }
        ErrorKind::PermissionDenied => {
            failure.hint("ports below 1024, interfaces and namespaces need root")
        }
        _ => failure,
    }
}
