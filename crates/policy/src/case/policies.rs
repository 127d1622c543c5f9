use std::borrow::Cow;
use std::sync::Arc;

use super::cache::Cache;
use super::error::{Fault, Read};
use super::reader::Files;
use super::scan::Scan;
use crate::{Named, Policy, PolicyKind};

/// The policies of a case, compiled.
#[derive(Debug, Clone)]
pub(super) struct CasePolicies {
    pub(super) identity: Vec<CasePolicy>,
    pub(super) boundary: Option<Vec<CasePolicy>>,
    pub(super) session: Option<Vec<CasePolicy>>,
    pub(super) resource: Option<CasePolicy>,
    pub(super) endpoint: Option<Vec<CasePolicy>>,
    pub(super) scp: Vec<Vec<CasePolicy>>,
    pub(super) rcp: Vec<Vec<CasePolicy>>,
}

/// A policy with the name that answers show: `identity[0]`, or the path of its file.
#[derive(Debug, Clone)]
pub(super) struct CasePolicy {
    name: String,
    policy: Arc<Policy>,
}

impl CasePolicy {
    pub(super) fn named(&self) -> Named<'_> {
        Named { name: &self.name, policy: &self.policy }
    }
}

/// The documents of a case, before it is known what part each plays.
#[derive(Default)]
pub(super) struct Documents<'t> {
    identity: Vec<Document<'t>>,
    boundary: Option<Vec<Document<'t>>>,
    session: Option<Vec<Document<'t>>>,
    resource: Option<Document<'t>>,
    endpoint: Option<Vec<Document<'t>>>,
    scp: Vec<Vec<Document<'t>>>,
    rcp: Vec<Vec<Document<'t>>>,
}

struct Document<'t> {
    at: usize,
    path: String,
    file: Option<String>,
    text: Cow<'t, str>,
}

/// Reads the object; nothing of a document but its end is looked at.
pub(super) fn read<'t>(scan: &mut Scan<'t>, mut files: Option<Files<'_>>) -> Read<Documents<'t>> {
    let mut found = Documents::default();
    scan.object(|scan, key| {
        let files = &mut files;
        match key {
            "identity" => found.identity = list(scan, files)?,
            "boundary" => found.boundary = Some(list(scan, files)?),
            "session" => found.session = Some(list(scan, files)?),
            "resource" => found.resource = Some(document(scan, files)?),
            "endpoint" => found.endpoint = Some(list(scan, files)?),
            "scp" => found.scp = levels(scan, files)?,
            "rcp" => found.rcp = levels(scan, files)?,
            _ => {
                let what = "unknown field; expected `identity`, `boundary`, `session`, \
                            `resource`, `endpoint`, `scp` or `rcp`";
                return Err(scan.fault(scan.at(), what));
            }
        }
        Ok(())
    })?;
    Ok(found)
}

fn levels<'t>(scan: &mut Scan<'t>, files: &mut Option<Files<'_>>) -> Read<Vec<Vec<Document<'t>>>> {
    let mut levels = Vec::new();
    scan.list(|scan| {
        levels.push(list(scan, files)?);
        Ok(())
    })?;
    Ok(levels)
}

fn list<'t>(scan: &mut Scan<'t>, files: &mut Option<Files<'_>>) -> Read<Vec<Document<'t>>> {
    let mut documents = Vec::new();
    scan.list(|scan| {
        documents.push(document(scan, files)?);
        Ok(())
    })?;
    Ok(documents)
}

fn document<'t>(scan: &mut Scan<'t>, files: &mut Option<Files<'_>>) -> Read<Document<'t>> {
    let (at, path) = (scan.at(), scan.path().to_owned());
    match files {
        Some(read_file) if scan.peek() == Some(b'"') => {
            let file = scan.string()?;
            let text = read_file(&file).map_err(|what| scan.fault(at, what))?;
            Ok(Document { at, path, file: Some(file), text: Cow::Owned(text) })
        }
        Some(_) if scan.peek() != Some(b'{') => {
            Err(scan.expected("a policy document, or the path of one"))
        }
        None if scan.peek() == Some(b'"') => Err(scan.fault(
            at,
            "expected a policy document, found a string; hint: paths are for `rolecall policy \
             test` and `rolecall policy explain`",
        )),
        _ => Ok(Document { at, path, file: None, text: Cow::Borrowed(scan.raw_object()?) }),
    }
}

impl Documents<'_> {
    /// Compiles each document as the kind that its place asks for.
    pub(super) fn compile(self, trust: bool, cache: &mut Cache) -> Read<CasePolicies> {
        let own = if trust { PolicyKind::Trust } else { PolicyKind::Resource };
        let mut all = |kind, documents: Vec<Document<'_>>| -> Read<Vec<CasePolicy>> {
            documents.into_iter().map(|document| document.compile(kind, cache)).collect()
        };
        Ok(CasePolicies {
            identity: all(PolicyKind::Identity, self.identity)?,
            boundary: self.boundary.map(|d| all(PolicyKind::Managed, d)).transpose()?,
            session: self.session.map(|d| all(PolicyKind::Session, d)).transpose()?,
            resource: all(own, self.resource.into_iter().collect())?.pop(),
            endpoint: self.endpoint.map(|d| all(PolicyKind::Resource, d)).transpose()?,
            scp: self.scp.into_iter().map(|d| all(PolicyKind::Managed, d)).collect::<Read<_>>()?,
            rcp: self.rcp.into_iter().map(|d| all(PolicyKind::Resource, d)).collect::<Read<_>>()?,
        })
    }
}

impl Document<'_> {
    fn compile(self, kind: PolicyKind, cache: &mut Cache) -> Read<CasePolicy> {
        let name = match &self.file {
            Some(file) => file.clone(),
            None => self.path.strip_prefix("policies.").unwrap_or(&self.path).to_owned(),
        };
        match cache.policy(kind, &self.text) {
            Ok(policy) => Ok(CasePolicy { name, policy }),
            Err(error) => {
                let file = self.file.map(|file| format!("`{}`: ", file.escape_debug()));
                let what = format!("{}{error} ({})", file.unwrap_or_default(), error.detail());
                Err(Fault { at: self.at, path: self.path, what })
            }
        }
    }
}
