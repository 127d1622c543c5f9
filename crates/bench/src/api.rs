use rolecall_identity::Clock as _;
use rolecall_server::SystemClock;
use rolecall_testkit::{Dev, Keys, Wire};

use crate::floor_server::{FloorServer, Work};
use crate::load::{Load, in_turn, middle};
use crate::placement::Placement;
use crate::process;
use crate::table::{Row, Target};

/// Signed calls at 64 connections, before and after `sessions` were issued.
pub(crate) fn rows(sessions: usize) -> Vec<Row> {
    let dev = process::dev();
    let api = Api { dev: &dev, address: dev.field("api").trim_start_matches("http://") };
    let administrator = Keys {
        id: dev.field("admin_access_key_id").to_owned(),
        secret: dev.field("admin_secret_access_key").to_owned(),
        token: None,
    };
    let session = session(&api, &administrator);
    let calls = [
        Call::new("GetCallerIdentity, a user's key", IDENTITY, &administrator, 15.0),
        Call::new("GetCallerIdentity, a session's key", IDENTITY, &session, 15.0),
        Call::new("AssumeRole", ASSUME, &administrator, 20.0),
    ];
    let mut rows: Vec<Row> = calls.iter().map(|call| api.row(call, "api:")).collect();
    let assume = api.request(ASSUME, &administrator);
    let load = api.load(&assume);
    // Records that are kept for the live tail fill up first.
    load.run(20_000);
    let before = process::resident_megabytes(dev.pid());
    let issued = load.run(sessions);
    let after = process::resident_megabytes(dev.pid());
    let when = format!("api, {sessions} sessions later:");
    rows.extend(calls.iter().map(|call| api.row(call, &when)));
    let issuing = format!("api: AssumeRole, over those {sessions}");
    rows.push(
        Row::new(issuing, "µs", issued.microseconds_per_request).target(Target::AtMost(20.0)),
    );
    let resident = Row::new(format!("{when} resident (floor: before)"), "MB", after);
    rows.push(resident.floor(before).target(Target::TimesFloor(CONSTANT_WITHIN)));
    rows
}

/// Allocators breathe.
const CONSTANT_WITHIN: f64 = 1.05;
const CONNECTIONS: usize = 64;
/// Requests of a round.
const REQUESTS: usize = 12_800;
const IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const ASSUME: &str = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bench\
                      &RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fec2-ro";

struct Api<'a> {
    dev: &'a Dev,
    address: &'a str,
}

struct Call<'a> {
    name: &'static str,
    form: &'static str,
    keys: &'a Keys,
    microseconds_max: f64,
}

impl<'a> Call<'a> {
    const fn new(
        name: &'static str,
        form: &'static str,
        keys: &'a Keys,
        microseconds_max: f64,
    ) -> Self {
        Self { name, form, keys, microseconds_max }
    }
}

impl Api<'_> {
    /// Our server's CPU beside that of one that checks the signature, and seals if we do.
    fn row(&self, call: &Call<'_>, when: &str) -> Row {
        let request = self.request(call.form, call.keys);
        let answer = Wire::send(self.address, &request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let work = if call.form == ASSUME { Work::VerifyAndSeal } else { Work::Verify };
        let floor = FloorServer::start(work, &call.keys.secret, &answer);
        let ours = self.load(&request);
        let floor = Load { pid: floor.pid(), address: floor.address(), ..ours };
        let [ours, floor] = in_turn(&ours, &floor, REQUESTS).map(|costs| middle(&costs));
        Row::new(format!("{when} {}", call.name), "µs", ours.microseconds_per_request)
            .floor(floor.microseconds_per_request)
            .target(Target::AtMost(call.microseconds_max))
    }

    fn load<'b>(&'b self, request: &'b [u8]) -> Load<'b> {
        let (pid, address) = (self.dev.pid(), self.address);
        let (connections, placement) = (CONNECTIONS, Placement::Anywhere);
        Load { pid, address, request, connections, closes: false, placement }
    }

    /// The bytes of a request, signed now, on a connection that stays.
    fn request(&self, form: &str, keys: &Keys) -> Vec<u8> {
        let signed = keys.query(self.address, "sts", form, SystemClock.now()).bytes();
        let text = String::from_utf8(signed).unwrap();
        text.replace("connection: close\r\n", "").into_bytes()
    }
}

fn session(api: &Api<'_>, administrator: &Keys) -> Keys {
    let answer = Wire::send(api.address, &api.request(ASSUME, administrator));
    let field = |name: &str| answer.element(name).unwrap();
    Keys {
        id: field("AccessKeyId"),
        secret: field("SecretAccessKey"),
        token: Some(field("SessionToken")),
    }
}
