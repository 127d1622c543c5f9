use rolecall_testkit::Wire;

use crate::cpu::median;
use crate::floor_server::{FloorServer, Work};
use crate::load::{Cost, Load};
use crate::process;
use crate::table::{Row, Target};

/// Reading credentials with a token, beside a constant answer of the same bytes.
pub(crate) fn rows() -> Vec<Row> {
    let dev = process::dev();
    let address = dev.field("imds").trim_start_matches("http://");
    let request = credential_request(address, dev.field("role"));
    let answer = Wire::send(address, &request);
    assert_eq!(answer.status, 200);
    let floor = FloorServer::start(Work::Nothing, "", &answer);
    let mut rows = Vec::new();
    for connections in [1, 64] {
        let request = &request;
        let ours = Load { pid: dev.pid(), address, request, connections, closes: true };
        let floor = Load { pid: floor.pid(), address: floor.address(), ..ours };
        let (ours, floor) = in_turn(&ours, &floor, REQUESTS);
        let name = match connections {
            1 => "imds: credentials, one connection".to_owned(),
            many => format!("imds: credentials, {many} connections"),
        };
        let cpu = Row::new(format!("{name}: CPU"), "µs", ours.microseconds_per_request);
        let cpu = cpu.floor(floor.microseconds_per_request);
        rows.push(cpu.target(Target::TimesFloor(WITHIN)));
        let rate = Row::new(format!("{name}: wall"), "req/s", ours.requests_per_second);
        rows.push(rate.floor(floor.requests_per_second));
    }
    rows
}

/// Source: the project's targets.
const WITHIN: f64 = 1.10;
/// Requests of a round.
const REQUESTS: usize = 2000;
const ROUNDS: usize = 7;

/// Both loads in turn, several times: the medians.
pub(crate) fn in_turn(ours: &Load<'_>, floor: &Load<'_>, requests: usize) -> (Cost, Cost) {
    let [ours, floor]: [Vec<Cost>; 2] = {
        let mut costs = [Vec::new(), Vec::new()];
        for load in [ours, floor] {
            load.run(requests / 4);
        }
        for _ in 0..ROUNDS {
            costs[0].push(ours.run(requests));
            costs[1].push(floor.run(requests));
        }
        costs
    };
    let middle = |costs: &[Cost]| Cost {
        microseconds_per_request: median(
            costs.iter().map(|cost| cost.microseconds_per_request).collect(),
        ),
        requests_per_second: median(costs.iter().map(|cost| cost.requests_per_second).collect()),
    };
    (middle(&ours), middle(&floor))
}

fn credential_request(address: &str, role: &str) -> Vec<u8> {
    let put = "PUT /latest/api/token HTTP/1.1\r\nhost: 169.254.169.254\r\n\
               x-aws-ec2-metadata-token-ttl-seconds: 21600\r\ncontent-length: 0\r\n\r\n";
    let token = Wire::send(address, put.as_bytes()).text();
    format!(
        "GET /latest/meta-data/iam/security-credentials/{role} HTTP/1.1\r\n\
         host: 169.254.169.254\r\naccept-encoding: identity\r\n\
         user-agent: Boto3/1.42.0 md/Botocore#1.42.0\r\n\
         x-aws-ec2-metadata-token: {token}\r\n\r\n"
    )
    .into_bytes()
}
