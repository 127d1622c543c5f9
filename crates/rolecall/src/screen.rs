//! What `rolecall dev` prints.

mod containers;

use std::io::IsTerminal as _;
use std::net::SocketAddr;

use rolecall_client::{Environment, ProcessEnvironment, variables};
use rolecall_server::{ImdsListener, Planes, Profile, Serves, Settings};
use serde_json::{Value, json};

/// The variables that make unmodified tools use the world.
pub(crate) fn variables_of(settings: &Settings) -> Vec<(&'static str, String)> {
    // AWS: CLI 2.9 appends its path as it is, so the slash must be there, as in botocore's own
    // default. measured
    let mut all =
        vec![(variables::METADATA_ENDPOINT, format!("http://{}/", settings.addresses.imds))];
    if settings.planes == Planes::All {
        all.push((variables::ENDPOINT_URL, format!("http://{}", settings.addresses.api)));
    }
    all.push((variables::REGION, settings.region.clone()));
    all.push((variables::DEFAULT_REGION, settings.region.clone()));
    all
}

/// The object of `--json`: what is there, and nothing of what is not.
pub(crate) fn object(settings: &Settings) -> Value {
    let env: serde_json::Map<String, Value> = variables_of(settings)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    let listeners =
        settings.listeners.iter().map(|listener| format!("http://{}", listener.address));
    let mut object = json!({
        "imds": format!("http://{}", settings.addresses.imds),
        "imds_listeners": listeners.collect::<Vec<_>>(),
        "admin": format!("http://{}", settings.addresses.admin),
        "pid": std::process::id(),
        "account": settings.account,
        "region": settings.region,
        "instance_id": settings.instance.as_ref().map(ToString::to_string),
        "role": settings.role,
        "env": env,
    });
    if let (Planes::All, Some(fields)) = (settings.planes, object.as_object_mut()) {
        fields.extend(of_others(settings));
        fields.extend(containers::fields(settings));
    }
    object
}

/// The fields of the API and the container endpoint.
fn of_others(settings: &Settings) -> [(String, Value); 5] {
    let (path, token) = &settings.container_credentials;
    let container = format!("http://{}", settings.addresses.container);
    let (id, secret) =
        settings.administrator.as_ref().map(|(id, secret)| (id.as_str(), secret.expose())).unzip();
    let container_env = json!({
        variables::CONTAINER_FULL_URI: format!("{container}{path}"),
        variables::CONTAINER_TOKEN: token.expose(),
    });
    [
        ("container", Value::from(container)),
        ("api", Value::from(format!("http://{}", settings.addresses.api))),
        ("admin_access_key_id", json!(id)),
        ("admin_secret_access_key", json!(secret)),
        ("container_env", container_env),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

/// The screen of the first run. Secrets only on a terminal, and only when asked.
pub(crate) fn show(settings: &Settings, data: Option<&std::path::Path>, show_keys: bool) {
    let state = match data {
        Some(data) => format!("state in `{}`", data.display()),
        None => "state in memory".to_owned(),
    };
    let places = places(settings, show_keys);
    let (strong, faint) = (anstyle::Style::new().bold(), anstyle::Style::new().dimmed());
    let version = env!("CARGO_PKG_VERSION");
    say(&format!(
        "{strong}rolecall {version}{strong:#}, development world: {state}{}. Not for production.\n",
        if places.iter().all(|(_, address, _)| address.ip().is_loopback()) {
            ", loopback only"
        } else {
            ""
        }
    ));
    for (name, address, what) in places {
        let url = format!("http://{address}");
        if what.is_empty() {
            say(&format!("  {name:<11} {url}"));
        } else {
            say(&format!("  {name:<11} {url:<23} {faint}{what}{faint:#}"));
        }
    }
    if settings.soft {
        say("");
        warn(SOFT);
    }
    say("\nIn another terminal:\n");
    for (name, value) in variables_of(settings) {
        say(&format!("  export {name}={value}"));
    }
    say(match settings.planes {
        Planes::All => NEXT,
        Planes::Metadata => NEXT_OF_METADATA,
    });
    warn_of_other_credentials();
}

/// Of a world that only watches.
const SOFT: &str = "policies are watched, not enforced: what they would deny is done, and recorded \
                    as `wouldBeDenied`";

/// What to do first.
const NEXT: &str = "  aws sts get-caller-identity

or `rolecall exec --dev -- aws sts get-caller-identity`, which also clears other AWS settings.
AWS CLI before 2.13 and SDKs of its age take the endpoint as `--endpoint-url` instead.
";
/// The same where nothing checks the credentials.
const NEXT_OF_METADATA: &str = "  aws configure list
";

/// Every address, and what is there.
fn places(settings: &Settings, show_keys: bool) -> Vec<(&'static str, SocketAddr, String)> {
    let addresses = &settings.addresses;
    let mut places: Vec<_> = settings
        .listeners
        .iter()
        .map(|listener| ("metadata", listener.address, metadata(settings, listener)))
        .collect();
    let mut admin = String::new();
    if settings.planes == Planes::All {
        let api = format!("sts iam ec2 s3, account {}", settings.account);
        places.push(("containers", addresses.container, containers::tasks(settings)));
        let pods = settings.pod_identity.iter();
        places.extend(pods.map(|a| ("pods", a.address, format!("cluster `{}`", a.cluster))));
        places.push(("AWS API", addresses.api, api));
        admin = administrator(settings, show_keys);
    }
    places.push(("admin", addresses.admin, admin));
    places
}

/// Whom an address of the metadata service answers for, and how.
fn metadata(settings: &Settings, listener: &ImdsListener) -> String {
    let mut what = match &listener.serves {
        Serves::First => instance(settings),
        Serves::Instance(id) => id.to_string(),
        Serves::Source => "the instance that has the asker's address".to_owned(),
    };
    if let Some(interface) = &listener.interface {
        what.push_str(&format!(", on `{interface}`"));
    }
    if let Some(namespace) = &listener.namespace {
        what.push_str(&format!(", in `{}`", namespace.display()));
    }
    if listener.profile != Profile::Aws {
        what.push_str(", hardened");
    }
    what
}

/// The last line: everything listens.
pub(crate) fn ready() {
    say("Ready.");
}

fn instance(settings: &Settings) -> String {
    let Some(id) = &settings.instance else { return "no instance".to_owned() };
    let role = settings.role.as_deref().map(|role| format!(", role `{role}`"));
    let tokens = if settings.tokens_required { ", IMDSv2 required" } else { ", IMDSv1 allowed" };
    format!("{id}{}{tokens}", role.unwrap_or_default())
}

/// The administrator's key: in full for the one who asked and reads it, not for a log.
fn administrator(settings: &Settings, show_keys: bool) -> String {
    let Some((id, secret)) = &settings.administrator else {
        return "no administrator key".to_owned();
    };
    if show_keys && std::io::stderr().is_terminal() {
        return format!("administrator key `{id}` `{}`", secret.expose());
    }
    let where_in_full = match show_keys {
        true => "only on a terminal, or in the object of `--json`",
        false => "`rolecall dev --show-keys`",
    };
    format!("administrator key `{}` (in full: {where_in_full})", id.short())
}

/// Credentials that win over the metadata service are the first thing that goes wrong for everybody.
fn warn_of_other_credentials() {
    let names = [variables::ACCESS_KEY_ID, "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let set: Vec<&str> =
        names.into_iter().filter(|name| ProcessEnvironment.get(name).is_some()).collect();
    let home = ProcessEnvironment.get("HOME").map(std::path::PathBuf::from);
    let shared = home.is_some_and(|home| home.join(".aws/credentials").exists());
    for name in set {
        warn(&format!("`{name}` is set here and wins over the metadata service"));
    }
    if shared {
        warn("`~/.aws/credentials` exists; its default profile wins over the metadata service");
    }
}

fn warn(what: &str) {
    let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
    say(&format!("{yellow}warning:{yellow:#} {what}"));
}

fn say(line: &str) {
    anstream::eprintln!("{line}");
}
