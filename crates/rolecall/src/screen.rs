//! What `rolecall dev` prints.

use std::io::IsTerminal as _;

use rolecall_client::{Environment, ProcessEnvironment, variables};
use rolecall_server::Settings;
use serde_json::{Value, json};

/// The variables that make unmodified tools use the world.
pub(crate) fn variables_of(settings: &Settings) -> Vec<(&'static str, String)> {
    vec![
        // AWS: CLI 2.9 appends its path as it is, so the slash must be there, as in botocore's own
        // default. measured
        (variables::METADATA_ENDPOINT, format!("http://{}/", settings.addresses.imds)),
        (variables::ENDPOINT_URL, format!("http://{}", settings.addresses.api)),
        (variables::REGION, settings.region.clone()),
        (variables::DEFAULT_REGION, settings.region.clone()),
    ]
}

/// The object of `--json`.
pub(crate) fn object(settings: &Settings) -> Value {
    let (path, token) = &settings.container_credentials;
    let container = format!("http://{}", settings.addresses.container);
    let (id, secret) =
        settings.administrator.as_ref().map(|(id, secret)| (id.as_str(), secret.expose())).unzip();
    let env: serde_json::Map<String, Value> = variables_of(settings)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    json!({
        "imds": format!("http://{}", settings.addresses.imds),
        "container": container,
        "api": format!("http://{}", settings.addresses.api),
        "admin": format!("http://{}", settings.addresses.admin),
        "pid": std::process::id(),
        "account": settings.account,
        "region": settings.region,
        "instance_id": settings.instance.as_ref().map(ToString::to_string),
        "role": settings.role,
        "admin_access_key_id": id,
        "admin_secret_access_key": secret,
        "env": env,
        "container_env": {
            variables::CONTAINER_FULL_URI: format!("{container}{path}"),
            variables::CONTAINER_TOKEN: token.expose(),
        },
    })
}

/// The screen of the first run. Secrets only on a terminal, and only when asked.
pub(crate) fn show(settings: &Settings, data: Option<&std::path::Path>, show_keys: bool) {
    let state = match data {
        Some(data) => format!("state in `{}`", data.display()),
        None => "state in memory".to_owned(),
    };
    let (strong, faint) = (anstyle::Style::new().bold(), anstyle::Style::new().dimmed());
    let version = env!("CARGO_PKG_VERSION");
    say(&format!(
        "{strong}rolecall {version}{strong:#}, development world: {state}, loopback only. Not for \
         production.\n"
    ));
    let at = |address: std::net::SocketAddr| format!("http://{address}");
    let addresses = &settings.addresses;
    for (name, url, what) in [
        ("metadata", at(addresses.imds), instance(settings)),
        ("containers", at(addresses.container), String::new()),
        ("AWS API", at(addresses.api), format!("sts iam ec2 s3, account {}", settings.account)),
        ("admin", at(addresses.admin), administrator(settings, show_keys)),
    ] {
        if what.is_empty() {
            say(&format!("  {name:<11} {url}"));
        } else {
            say(&format!("  {name:<11} {url:<23} {faint}{what}{faint:#}"));
        }
    }
    say("\nIn another terminal:\n");
    for (name, value) in variables_of(settings) {
        say(&format!("  export {name}={value}"));
    }
    say("  aws sts get-caller-identity");
    say(
        "\nor `rolecall exec --dev -- aws sts get-caller-identity`, which also clears other AWS settings.",
    );
    say("AWS CLI before 2.13 and SDKs of its age take the endpoint as `--endpoint-url` instead.\n");
    warn_of_other_credentials();
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

fn administrator(settings: &Settings, show_keys: bool) -> String {
    match &settings.administrator {
        None => "no administrator key".to_owned(),
        Some((id, secret)) if show_keys && std::io::stderr().is_terminal() => {
            format!("administrator key `{id}` `{}`", secret.expose())
        }
        Some((id, _)) => {
            format!("administrator key `{}` (in full: `rolecall dev --show-keys`)", id.short())
        }
    }
}

/// Credentials that win over the metadata service are the first thing that goes wrong for everybody.
fn warn_of_other_credentials() {
    let names = [variables::ACCESS_KEY_ID, "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let set: Vec<&str> =
        names.into_iter().filter(|name| ProcessEnvironment.get(name).is_some()).collect();
    let home = ProcessEnvironment.get("HOME").map(std::path::PathBuf::from);
    let shared = home.is_some_and(|home| home.join(".aws/credentials").exists());
    let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
    for name in set {
        say(&format!(
            "{yellow}warning:{yellow:#} `{name}` is set here and wins over the metadata service"
        ));
    }
    if shared {
        say(&format!(
            "{yellow}warning:{yellow:#} `~/.aws/credentials` exists; its default profile wins over the \
             metadata service"
        ));
    }
}

fn say(line: &str) {
    anstream::eprintln!("{line}");
}
