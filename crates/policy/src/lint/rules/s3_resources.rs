//! Buckets and objects: which S3 action works on which.

use super::Scope;
use crate::lint::actions::{self, Level};
use crate::lint::view::Word;
use crate::lint::{Code, Finding};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let statement = scope.statement;
    let Some(named) = statement.actions.as_ref().filter(|clause| !clause.negated) else {
        return Vec::new();
    };
    let Some(listed) = statement.resources.as_ref().filter(|clause| !clause.negated) else {
        return Vec::new();
    };
    let asked: Vec<_> = named.values.iter().map(|word| (word, Asked::of(word.text))).collect();
    if !asked.iter().any(|(_, asked)| matches!(asked, Asked::S3(_))) {
        return Vec::new();
    }
    let meant: Vec<_> = listed.values.iter().map(|word| (word, Meant::of(word.text))).collect();
    let idle_actions = asked.iter().filter_map(|(word, asked)| match asked {
        Asked::S3(levels) if !meant.iter().any(|(_, meant)| asked.works_on(meant)) => {
            Some(idle_action(word, levels, &listed.values))
        }
        _ => None,
    });
    let idle_actions: Vec<_> = idle_actions.collect();
    if !idle_actions.is_empty() {
        return idle_actions;
    }
    let idle = |meant: &Meant| !asked.iter().any(|(_, asked)| asked.works_on(meant));
    meant.iter().filter(|(_, meant)| idle(meant)).map(|(word, meant)| unused(word, meant)).collect()
}

/// What an action of the statement works on.
enum Asked {
    Anything,
    Else,
    S3(Vec<Level>),
}

/// What a resource of the statement can be.
enum Meant {
    Anything,
    /// Of another service.
    Else,
    S3 {
        bucket: bool,
        object: bool,
        /// `arn:aws:s3:::*`
        all: bool,
    },
}

impl Asked {
    fn of(action: &str) -> Self {
        let Some((vendor, name)) = action.split_once(':') else { return Self::Anything };
        match vendor {
            "*" => Self::Anything,
            _ if vendor.eq_ignore_ascii_case("s3") => {
                let levels = actions::s3_levels(name);
                // What does not exist has its own finding.
                if levels.is_empty() { Self::Anything } else { Self::S3(levels) }
            }
            _ if vendor.to_ascii_lowercase().starts_with("s3") => Self::Anything,
            _ => Self::Else,
        }
    }

    fn works_on(&self, resource: &Meant) -> bool {
        match (self, resource) {
            (Self::Anything, _) | (_, Meant::Anything) => true,
            (Self::Else, meant) => matches!(meant, Meant::Else),
            (Self::S3(_), Meant::Else) => false,
            (Self::S3(levels), &Meant::S3 { bucket, object, all }) => {
                levels.iter().any(|level| match level {
                    Level::Bucket => bucket,
                    Level::Object => object,
                    Level::Other => true,
                    Level::Service => all,
                })
            }
        }
    }
}

impl Meant {
    fn of(resource: &str) -> Self {
        let mut parts = resource.splitn(6, ':').skip(2);
        let (Some(service), Some(region), Some(_), Some(name)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Self::Anything;
        };
        match service {
            // Access points have a region.
            "s3" if !region.is_empty() => Self::Anything,
            "s3" => Self::S3 {
                bucket: !name.contains('/'),
                object: name.contains(['/', '*', '?', '$']),
                all: name == "*",
            },
            _ if service.starts_with("s3") => Self::Anything,
            _ => Self::Else,
        }
    }
}

fn idle_action(word: &Word<'_>, levels: &[Level], resources: &[Word<'_>]) -> Finding {
    let action = word.text;
    let of_s3 = resources.iter().map(|resource| resource.text).find(|text| text.contains(":s3:::"));
    let (kind, wanted) = match levels.first() {
        Some(Level::Object) => ("objects", of_s3.map(|bucket| format!("{bucket}/*"))),
        Some(Level::Bucket) => ("buckets", of_s3.map(|object| bucket_of(object).to_owned())),
        _ => ("the account", Some("*".to_owned())),
    };
    let message = format!("`{action}` works on {kind}, and no resource here is one");
    let message =
        message.replace("the account, and no resource here is one", "all resources alone");
    let finding = Finding::new(Code::ResourceKind, word.span, message);
    match wanted {
        Some(wanted) => finding.hint(format!("add the resource `{wanted}`")),
        None => finding.hint("add a resource of S3"),
    }
}

fn bucket_of(resource: &str) -> &str {
    resource.split_once('/').map_or(resource, |(bucket, _)| bucket)
}

fn unused(word: &Word<'_>, meant: &Meant) -> Finding {
    let (what, hint) = match meant {
        Meant::S3 { bucket: false, .. } => {
            ("these are objects", "the bucket itself is `arn:aws:s3:::BUCKET`")
        }
        Meant::S3 { object: false, .. } => {
            ("this is a bucket", "its objects are `arn:aws:s3:::BUCKET/*`")
        }
        Meant::S3 { .. } => ("this is a bucket or an object", "actions on all take `*`"),
        _ => ("this is of another service", "give it a statement of its own"),
    };
    let message = format!("no action here works on this resource: {what}");
    Finding::new(Code::ResourceKind, word.span, message).hint(hint)
}
