//! Sets of many statements, of which ten speak of the action that is asked.

use rolecall_policy::{Policy, PolicyKind};
use serde_json::{Value, json};

use crate::typical::ACTION;

/// What the other statements speak of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Others {
    /// Other actions of the same service.
    SameService,
    /// Ninety other services.
    Services,
}

/// Policies of a thousand statements or less. The last of the ten that speak of the action allows
/// the object.
pub(crate) fn policies(count: usize, others: Others, object: &str) -> Vec<Policy> {
    let statements: Vec<Value> =
        (0..count).map(|at| statement(at, count, others, object)).collect();
    let documents = statements.chunks(STATEMENTS_OF_ONE);
    documents
        .map(|chunk| {
            let text = json!({"Version": "2012-10-17", "Statement": chunk}).to_string();
            Policy::parse(PolicyKind::Managed, &text).unwrap()
        })
        .collect()
}

fn statement(at: usize, count: usize, others: Others, object: &str) -> Value {
    let step = count / SPEAKING;
    if at % step != step - 1 {
        let action = match others {
            Others::SameService => format!("s3:Get{at}Object"),
            Others::Services => format!("service{}:Action{at}", at % 90),
        };
        return json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    }
    let resource = if at == count - 1 { object } else { &format!("arn:aws:s3:::bucket-{at}/*") };
    json!({"Effect": "Allow", "Action": ACTION, "Resource": resource})
}

/// A managed policy of about six kilobytes, the most AWS lets one have.
pub(crate) fn six_kilobytes() -> String {
    let statement = |at: usize| {
        json!({"Sid": format!("Folder{at}"), "Effect": "Allow",
               "Action": ["s3:GetObject", "s3:PutObject", "s3:Abort*"],
               "Resource": format!("arn:aws:s3:::team-{at}/${{aws:PrincipalTag/team}}/*"),
               "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"},
                             "Bool": {"aws:SecureTransport": "true"}}})
    };
    let statements: Vec<Value> = (0..24).map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

const SPEAKING: usize = 10;
const STATEMENTS_OF_ONE: usize = 1000;
