use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use rolecall_authority::{Change, Instance, MetadataValue};
use rolecall_identity::InstanceId;
use rolecall_imds::{Scenario, value_path};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::AdminPlane;
use crate::audit::control_record;
use crate::clock::AHEAD_SECONDS_MAX;
use crate::imds::Fault;

/// What a question or a change is answered.
pub(super) enum Answer {
    Failed(String),
    Json(Value),
    NotFound,
    Refused(String),
    Text(String),
}

/// What is asked about an instance.
enum Part {
    Fault,
    Metadata,
    Scenario,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

impl AdminPlane {
    /// Answers a question.
    pub(super) fn read(&self, path: &str) -> Answer {
        match path {
            "/clock" => Answer::Json(json!({ "now": self.clock.now().iso8601().to_string() })),
            "/identity-certificates" => match self.signer.certificates() {
                Some(c) => Answer::Text(format!("{}{}{}", c.pkcs7, c.rsa2048, c.signature)),
                None => Answer::Failed("the certificates could not be made".to_owned()),
            },
            "/instances" => {
                let state = self.ledger.state();
                Answer::Json(state.instances().map(|instance| described(instance)).collect())
            }
            _ => match self.instance(path) {
                Some((instance, Part::Metadata)) => Answer::Json(json!(instance.metadata)),
                _ => Answer::NotFound,
            },
        }
    }

    /// Makes a change, and says what it did.
    pub(super) async fn change(&self, method: &Method, path: &str, body: &[u8]) -> Answer {
        let changed = match (method.as_str(), path) {
            ("POST", "/clock") => self.move_clock(body),
            _ => match (method.as_str(), self.instance(path)) {
                ("PATCH", Some((instance, Part::Metadata))) => {
                    self.set_metadata(&instance, body).await
                }
                ("POST", Some((instance, Part::Scenario))) => self.play(&instance, body).await,
                ("PUT", Some((instance, Part::Fault))) => self.set_fault(&instance, body),
                ("DELETE", Some((instance, Part::Fault))) => {
                    self.faults.end(&instance.id);
                    Ok(("EndFault", json!({ "instanceId": instance.id.as_str() })))
                }
                _ => return Answer::NotFound,
            },
        };
        match changed {
            Ok((name, parameters)) => {
                self.audit.record(&control_record(name, &parameters, &self.home, self.clock.now()));
                Answer::Json(parameters)
            }
            Err(answer) => answer,
        }
    }

    fn move_clock(&self, body: &[u8]) -> Result<(&'static str, Value), Answer> {
        let Some(clock) = &self.movable else {
            return Err(Answer::Refused("this world's clock cannot be moved".to_owned()));
        };
        let Advance { advance_seconds } = parse(body)?;
        let Some(ahead) = clock.advance_seconds(advance_seconds) else {
            let why = format!("the clock is moved by {AHEAD_SECONDS_MAX} seconds at most");
            return Err(Answer::Refused(why));
        };
        let now = self.clock.now();
        self.instances.keep_fresh(now);
        Ok(("AdvanceClock", json!({ "aheadSeconds": ahead, "now": now.iso8601().to_string() })))
    }

    async fn set_metadata(
        &self,
        instance: &Instance,
        body: &[u8],
    ) -> Result<(&'static str, Value), Answer> {
        let asked: BTreeMap<String, Value> = parse(body)?;
        // One path has one name, or a value could be left behind under the other.
        let name = |path: &str| path.strip_prefix("meta-data/").unwrap_or(path).to_owned();
        let values = asked.iter().map(|(path, value)| {
            let value = metadata_value(path, value)?;
            Ok((name(path), value))
        });
        let values = values.collect::<Result<_, Answer>>()?;
        self.append(Change::InstanceMetadataSet { instance: instance.id.clone(), values }).await?;
        let id = instance.id.as_str();
        Ok(("SetInstanceMetadata", json!({ "instanceId": id, "values": asked })))
    }

    async fn play(
        &self,
        instance: &Instance,
        body: &[u8],
    ) -> Result<(&'static str, Value), Answer> {
        let scenario: Scenario = parse(body)?;
        let values = scenario.values(self.clock.now());
        let values = values.map_err(|error| Answer::Refused(error.to_string()))?;
        let values = values.into_iter().map(|(path, value)| {
            (path.to_owned(), value.map_or(MetadataValue::Derived, MetadataValue::Text))
        });
        let values = values.collect();
        self.append(Change::InstanceMetadataSet { instance: instance.id.clone(), values }).await?;
        let id = instance.id.as_str();
        Ok(("PlayScenario", json!({ "instanceId": id, "scenario": scenario })))
    }

    fn set_fault(&self, instance: &Instance, body: &[u8]) -> Result<(&'static str, Value), Answer> {
        let fault: Fault = parse(body)?;
        if !fault.is_valid() {
            let why = "a delay is at most 60000 milliseconds, a status 400 to 599, times 1 or more; \
                       with `authority-down` go neither `on` nor `times`";
            return Err(Answer::Refused(why.to_owned()));
        }
        self.faults.set(instance.id.clone(), fault);
        Ok(("SetFault", json!({ "instanceId": instance.id.as_str(), "fault": fault })))
    }

    async fn append(&self, change: Change) -> Result<(), Answer> {
        let writer = self.ledger.writer().await;
        writer.append(vec![change]).await.map(drop).map_err(|error| {
            tracing::error!(%error, "a change of the admin address failed");
            Answer::Failed("the change could not be written".to_owned())
        })
    }

    /// `/instances/ID/PART`
    fn instance(&self, path: &str) -> Option<(Arc<Instance>, Part)> {
        let (id, part) = path.strip_prefix("/instances/")?.split_once('/')?;
        let part = match part {
            "fault" => Part::Fault,
            "metadata" => Part::Metadata,
            "scenario" => Part::Scenario,
            _ => return None,
        };
        let id: InstanceId = id.parse().ok()?;
        Some((Arc::clone(self.ledger.state().instance(&id)?), part))
    }
}

fn metadata_value(path: &str, value: &Value) -> Result<MetadataValue, Answer> {
    value_path(path, value.is_string()).map_err(|error| Answer::Refused(error.to_string()))?;
    match value {
        Value::Null => Ok(MetadataValue::Derived),
        Value::Bool(false) => Ok(MetadataValue::Absent),
        Value::String(text) => Ok(MetadataValue::Text(text.clone())),
        _ => Err(Answer::Refused(format!("`{path}` takes a text, false or null"))),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body).map_err(|error| Answer::Refused(error.to_string()))
}

fn described(instance: &Instance) -> Value {
    json!({
        "instanceId": instance.id.as_str(),
        "account": instance.account.to_string(),
        "region": instance.region,
        "privateIp": instance.private_ip.to_string(),
        "profile": instance.profile,
        "metadataOptions": instance.metadata_options,
    })
}
