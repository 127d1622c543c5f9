use super::cache::Cache;
use super::error::{CaseError, Fault, Read};
use super::request::{CaseRequest, Outcome, read_action, read_context, read_resource, required};
use super::scan::Scan;
use super::{Case, policies, principal};

/// Longest case accepted, in bytes.
pub const CASE_BYTES_MAX: usize = 4 << 20;

/// Most condition keys that a case sets, and most tags of its principal.
pub const KEYS_MAX: usize = 1024;

/// Reads a policy document by the path a case gives; the error says why it cannot.
pub type Files<'f> = &'f mut dyn FnMut(&str) -> Result<String, String>;

/// Reads cases; equal policy documents are compiled once.
#[derive(Debug, Clone, Default)]
pub struct CaseReader {
    cache: Cache,
}

impl CaseReader {
    /// Reads a case that holds its policies, and no `expect`.
    pub fn read(&mut self, text: &str) -> Result<Case, CaseError> {
        self.read_as(text, None)
    }

    /// Reads a case whose policies may be paths of documents, and which may say what it expects.
    pub fn read_test(&mut self, text: &str, files: Files<'_>) -> Result<Case, CaseError> {
        self.read_as(text, Some(files))
    }

    fn read_as(&mut self, text: &str, files: Option<Files<'_>>) -> Result<Case, CaseError> {
        if text.len() > CASE_BYTES_MAX {
            return Err(CaseError::unreadable(format!("more than {CASE_BYTES_MAX} bytes")));
        }
        self.understand(text, files).map_err(|fault| CaseError::new(text, fault))
    }

    fn understand(&mut self, text: &str, mut files: Option<Files<'_>>) -> Read<Case> {
        let mut scan = Scan::new(text);
        let tests = files.is_some();
        let (mut name, mut who, mut action, mut resource) = (None, None, None, None);
        let (mut context, mut documents, mut expected) = (Vec::new(), None, None);
        scan.object(|scan, key| {
            match key {
                "name" => name = Some(scan.string()?),
                "principal" => who = Some(principal::read(scan)?),
                "action" => action = Some(read_action(scan)?),
                "resource" => resource = Some(read_resource(scan)?),
                "context" => context = read_context(scan)?,
                "policies" => documents = Some(policies::read(scan, files.take())?),
                "expect" if tests => expected = Some(Outcome::read(scan)?),
                _ => return Err(unknown(scan, key)),
            }
            Ok(())
        })?;
        scan.end()?;
        let name = required(name, "name")?;
        let principal = required(who, "principal")?;
        let action = required(action, "action")?;
        let resource = required(resource, "resource")?;
        let request = CaseRequest { action, resource, context };
        let documents = documents.unwrap_or_default();
        let policies = documents.compile(request.is_of_trust(), &mut self.cache)?;
        Ok(Case { name, principal, request, policies, expected })
    }
}

fn unknown(scan: &Scan<'_>, key: &str) -> Fault {
    let what = match key {
        "expect" => "unknown field; hint: `rolecall policy test` compares decisions",
        _ => {
            "unknown field; expected `name`, `principal`, `action`, `resource`, `context` or \
             `policies`"
        }
    };
    scan.fault(scan.at(), what)
}

/// The name of a case that is not understood, however broken the rest is.
pub(super) fn find_name(text: &str) -> Option<String> {
    let (mut scan, mut name) = (Scan::new(text), None);
    // What comes before an error has been read.
    let _broken = scan.object(|scan, key| {
        if key == "name" && name.is_none() {
            name = Some(scan.string()?);
            return Ok(());
        }
        scan.skip()
    });
    name
}
