use rolecall_identity::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Something that happens to an instance, and what the metadata service then says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scenario {
    /// The Auto Scaling group moves the instance.
    #[serde(rename_all = "kebab-case")]
    AutoScaling {
        /// The state it is to reach: `InService`, `Terminated`, `Warmed:Stopped`, …
        state: String,
    },
    /// Nothing is going on any more.
    Calm {},
    /// EC2 will do something to the instance or its host.
    #[serde(rename_all = "kebab-case")]
    Maintenance {
        /// `instance-reboot`, `system-reboot`, `system-maintenance`, `instance-retirement`, …
        #[serde(default = "system_reboot")]
        code: String,
        /// How far away it is.
        #[serde(default = "day")]
        in_seconds: i64,
        /// Whether it is still to come; what is over stands in the history.
        #[serde(default)]
        state: MaintenanceState,
    },
    /// The instance is at an elevated risk of interruption.
    Rebalance {},
    /// The Spot service takes the instance back.
    #[serde(rename_all = "kebab-case")]
    SpotInterruption {
        /// What happens to it.
        #[serde(default)]
        action: SpotAction,
        /// How far away it is: AWS says it two minutes ahead.
        #[serde(default = "two_minutes")]
        in_seconds: i64,
    },
}

/// What happens to an interrupted Spot instance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words of AWS")]
pub enum SpotAction {
    Hibernate,
    Stop,
    #[default]
    Terminate,
}

/// Where a maintenance event stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words of AWS")]
pub enum MaintenanceState {
    #[default]
    Active,
    Canceled,
    Completed,
}

/// A scenario that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The state of an Auto Scaling instance is none that AWS knows.
    #[error("`{0}` is no lifecycle state: {states}", states = AUTO_SCALING_STATES.join(", "))]
    LifecycleState(String),
    /// What is to happen is too far away, ahead or in the past.
    #[error("`in-seconds` is {0}: at most {IN_SECONDS_MAX}, a year")]
    TooFar(i64),
}

/// How far away what happens may be: a year.
pub const IN_SECONDS_MAX: i64 = 366 * 24 * 3600;

/// A path below `meta-data/`, and what it is to hold; `None` for what follows from the instance.
pub type ScenarioValue = (&'static str, Option<String>);

impl Scenario {
    /// What the scenario makes of the metadata. Bodies are those of contract/imds.md section 1.6.
    pub fn values(&self, now: Timestamp) -> Result<Vec<ScenarioValue>, ScenarioError> {
        Ok(match self {
            Self::AutoScaling { state } => {
                if !AUTO_SCALING_STATES.contains(&state.as_str()) {
                    return Err(ScenarioError::LifecycleState(state.clone()));
                }
                vec![(AUTO_SCALING, Some(state.clone()))]
            }
            Self::Calm {} => ALL.iter().map(|&path| (path, None)).collect(),
            Self::Maintenance { code, in_seconds, state } => {
                maintenance(code, away(now, *in_seconds)?, *state)
            }
            Self::Rebalance {} => {
                let notice = format!("{{\"noticeTime\": \"{}\"}}", now.iso8601());
                vec![(REBALANCE, Some(notice))]
            }
            Self::SpotInterruption { action, in_seconds } => spot(*action, away(now, *in_seconds)?),
        })
    }
}

fn away(now: Timestamp, in_seconds: i64) -> Result<Timestamp, ScenarioError> {
    if in_seconds.unsigned_abs() > IN_SECONDS_MAX.unsigned_abs() {
        return Err(ScenarioError::TooFar(in_seconds));
    }
    Ok(now.plus_seconds(in_seconds))
}

fn spot(action: SpotAction, at: Timestamp) -> Vec<ScenarioValue> {
    let action = action.as_str();
    let notice = format!("{{\"action\": \"{action}\", \"time\": \"{}\"}}", at.iso8601());
    // Only what is ended has an end: AWS does not publish it for stop and hibernate.
    let ends = action == SpotAction::Terminate.as_str();
    vec![
        (LIFE_CYCLE, Some("spot".to_owned())),
        (SPOT_ACTION, Some(notice)),
        (SPOT_TERMINATION, ends.then(|| at.iso8601().to_string())),
    ]
}

fn maintenance(code: &str, at: Timestamp, state: MaintenanceState) -> Vec<ScenarioValue> {
    let end = at.plus_seconds(MAINTENANCE_SECONDS);
    let quoted = |text: &str| json!(text).to_string();
    let event = format!(
        "[{{\"NotBefore\" : \"{}\",\"Code\" : {},\"Description\" : {},\"EventId\" : \
         \"instance-event-0123456789abcdef0\",\"NotAfter\" : \"{}\",\"State\" : \"{}\"}}]",
        day_time(at),
        quoted(code),
        quoted(&format!("scheduled {}", code.rsplit('-').next().unwrap_or(code))),
        day_time(end),
        state.as_str(),
    );
    match state {
        MaintenanceState::Active => vec![(SCHEDULED, Some(event)), (HISTORY, None)],
        _ => vec![(SCHEDULED, None), (HISTORY, Some(event))],
    }
}

/// `21 Jan 2019 09:00:43 GMT`
fn day_time(at: Timestamp) -> String {
    let date = at.http_date().to_string();
    date.split_once(", ").map_or_else(String::new, |(_, rest)| rest.to_owned())
}

impl SpotAction {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Hibernate => "hibernate",
            Self::Stop => "stop",
            Self::Terminate => "terminate",
        }
    }
}

impl MaintenanceState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Canceled => "canceled",
            Self::Completed => "completed",
        }
    }
}

fn system_reboot() -> String {
    "system-reboot".to_owned()
}

const fn day() -> i64 {
    24 * 3600
}

const fn two_minutes() -> i64 {
    120
}

const AUTO_SCALING: &str = "autoscaling/target-lifecycle-state";
const HISTORY: &str = "events/maintenance/history";
const LIFE_CYCLE: &str = "instance-life-cycle";
const REBALANCE: &str = "events/recommendations/rebalance";
const SCHEDULED: &str = "events/maintenance/scheduled";
const SPOT_ACTION: &str = "spot/instance-action";
const SPOT_TERMINATION: &str = "spot/termination-time";
const ALL: [&str; 7] =
    [AUTO_SCALING, HISTORY, LIFE_CYCLE, REBALANCE, SCHEDULED, SPOT_ACTION, SPOT_TERMINATION];
/// How long a maintenance takes.
const MAINTENANCE_SECONDS: i64 = 2 * 3600;
/// Source: EC2 Auto Scaling user guide, "Retrieve the target lifecycle state".
const AUTO_SCALING_STATES: [&str; 8] = [
    "Detached",
    "InService",
    "Standby",
    "Terminated",
    "Warmed:Hibernated",
    "Warmed:Running",
    "Warmed:Stopped",
    "Warmed:Terminated",
];

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn values(json: &str) -> Vec<ScenarioValue> {
        serde_json::from_str::<Scenario>(json).unwrap().values(NOW).unwrap()
    }

    #[test]
    fn a_spot_instance_is_told_two_minutes_ahead() {
        let notice = r#"{"action": "terminate", "time": "2027-01-15T08:02:00Z"}"#;
        assert_eq!(
            values(r#"{"name":"spot-interruption"}"#),
            [
                (LIFE_CYCLE, Some("spot".to_owned())),
                (SPOT_ACTION, Some(notice.to_owned())),
                (SPOT_TERMINATION, Some("2027-01-15T08:02:00Z".to_owned())),
            ]
        );
        let stop = values(r#"{"name":"spot-interruption","action":"stop","in-seconds":60}"#);
        assert_eq!(stop[2], (SPOT_TERMINATION, None));
    }

    #[test]
    fn maintenance_is_scheduled_and_then_history() {
        let event = |state: &str| {
            format!(
                "[{{\"NotBefore\" : \"15 Jan 2027 08:01:00 GMT\",\"Code\" : \"system-reboot\",\
                 \"Description\" : \"scheduled reboot\",\
                 \"EventId\" : \"instance-event-0123456789abcdef0\",\
                 \"NotAfter\" : \"15 Jan 2027 10:01:00 GMT\",\"State\" : \"{state}\"}}]"
            )
        };
        let active = values(r#"{"name":"maintenance","in-seconds":60}"#);
        assert_eq!(active, [(SCHEDULED, Some(event("active"))), (HISTORY, None)]);
        let over = values(r#"{"name":"maintenance","in-seconds":60,"state":"completed"}"#);
        assert_eq!(over, [(SCHEDULED, None), (HISTORY, Some(event("completed")))]);
    }

    #[test]
    fn states_of_a_group_are_those_of_aws() {
        let state = values(r#"{"name":"auto-scaling","state":"Warmed:Stopped"}"#);
        assert_eq!(state, [(AUTO_SCALING, Some("Warmed:Stopped".to_owned()))]);
        let wrong = Scenario::AutoScaling { state: "Gone".to_owned() };
        assert!(wrong.values(NOW).is_err());
        assert!(serde_json::from_str::<Scenario>(r#"{"name":"rebalance","x":1}"#).is_err());
    }

    #[test]
    fn what_happens_is_at_most_a_year_away() {
        let spot = |in_seconds| Scenario::SpotInterruption { action: SpotAction::Stop, in_seconds };
        for (seconds, plays) in [
            (IN_SECONDS_MAX, true),
            (-IN_SECONDS_MAX, true),
            (IN_SECONDS_MAX + 1, false),
            (-IN_SECONDS_MAX - 1, false),
            (i64::MIN, false),
        ] {
            assert_eq!(spot(seconds).values(NOW).is_ok(), plays, "{seconds}");
        }
    }
}
