use std::process::ExitCode;

use rolecall_client::{Source, find, whoami};
use rolecall_identity::Clock as _;
use rolecall_server::SystemClock;
use serde_json::json;

use super::{World, print};
use crate::cli::WhoamiArgs;
use crate::failure::Failure;

pub(crate) fn run(args: &WhoamiArgs) -> Result<ExitCode, Failure> {
    let world = World::new(&args.world);
    let found = find(&world).map_err(|error| Failure::with_hints(&error))?;
    let credentials = &found.credentials;
    let identity = whoami(&world, credentials, SystemClock.now())
        .map_err(|error| Failure::with_hints(&error))?;
    let source = match &found.source {
        Source::Container(url) => format!("container endpoint {url}"),
        Source::Metadata(url, role) => format!("metadata service {url}, role `{role}`"),
        Source::Variables => "variables".to_owned(),
    };
    let end = credentials.expiration.map(|end| end.iso8601().to_string());
    let text = if args.json {
        let document = json!({
            "account": identity.account,
            "arn": identity.arn,
            "user_id": identity.user_id,
            "access_key_id": credentials.access_key_id.as_str(),
            "expiration": end,
            "source": source,
        });
        format!("{document}\n")
    } else {
        let end = end.as_deref().unwrap_or("never");
        format!(
            "{}\n  account  {}\n  user id  {}\n  key      {}, ends {end}\n  from     {source}\n",
            identity.arn,
            identity.account,
            identity.user_id,
            credentials.access_key_id.short()
        )
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
