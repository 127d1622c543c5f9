use std::fmt;

use crate::action::AskedAction;
use crate::document::Document;
use crate::error::{PolicyError, Refusal, Step};
use crate::index::Index;
use crate::json::{self, JsonError, JsonFault};
use crate::principal::Principal;
use crate::statement::{self, Statement};
use crate::{resource_format, validate};

/// Longest document accepted, in bytes. Source: contract/authority.md section 6.3.
pub const DOCUMENT_BYTES_MAX: usize = 131_072;

/// Where a document stands: it decides which elements it may have.
///
/// A permissions boundary or service control policy is written as [`Managed`](Self::Managed), a
/// resource control or endpoint policy as [`Resource`](Self::Resource).
/// Source: contract/policy.md sections 1 and 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Inline, of a user, group or role.
    Identity,
    /// A managed policy: `Version` must be `2012-10-17`.
    Managed,
    /// On a resource: says whom it means.
    Resource,
    /// Passed when a session is made.
    Session,
    /// Says who may assume a role: principals, no resources, STS actions.
    Trust,
}

/// A policy, compiled when it was written.
#[derive(Clone)]
pub struct Policy {
    text: Box<str>,
    statements: Box<[Statement]>,
    allows: Index,
    denies: Index,
}

impl Policy {
    /// Checks a document as IAM does on write, and compiles it. The first failure is the answer.
    ///
    /// What could not be evaluated is refused here: nothing of a document is ever ignored later.
    pub fn parse(kind: PolicyKind, text: &str) -> Result<Self, PolicyError> {
        limits(text)?;
        let document = Document::read(json::read(text).map_err(|error| refuse(kind, error))?)?;
        validate::version(kind, &document)?;
        let mut conditions = Vec::new();
        for statement in &document.statements {
            validate::effect(statement)?;
            conditions.push(statement::compile_conditions(&document, statement)?);
        }
        let resource_format = resource_format::check(&document)?;
        validate::sids(&document)?;
        validate::actions_present(&document)?;
        resource_format.map_or(Ok(()), Err)?;
        validate::action_names(&document)?;
        validate::elements(kind, &document)?;
        let statements: Result<Box<[_]>, _> = document
            .statements
            .iter()
            .zip(conditions)
            .map(|(raw, conditions)| statement::compile(document.version, raw, conditions))
            .collect();
        let statements = statements?;
        validate::trust_actions(kind, &document)?;
        Ok(Self::index(text, statements))
    }

    fn index(text: &str, statements: Box<[Statement]>) -> Self {
        let (mut allows, mut denies) = (Index::default(), Index::default());
        for (at, statement) in statements.iter().enumerate() {
            let index = if statement.allows { &mut allows } else { &mut denies };
            index.add(at, &statement.actions);
        }
        allows.close();
        denies.close();
        Self { text: text.into(), statements, allows, denies }
    }

    /// The document as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The length IAM's quotas count: characters without white space.
    /// Source: contract/authority.md section 6.3.
    pub fn quota_characters(&self) -> usize {
        self.text.chars().filter(|c| !c.is_whitespace()).count()
    }

    /// The roles and users a trust or resource policy names by ARN, for the caller to look up.
    pub fn principal_arns(&self) -> impl Iterator<Item = &str> {
        let listed = self.statements.iter().flat_map(|statement| statement.principals.listed());
        listed.filter_map(Principal::entity_arn)
    }

    /// The Allow statements that may speak of an action.
    pub(crate) fn allows(&self, action: AskedAction<'_>) -> impl Iterator<Item = &Statement> {
        self.allows.of(action).filter_map(|at| self.statements.get(at))
    }

    /// The Deny statements that may speak of an action.
    pub(crate) fn denies(&self, action: AskedAction<'_>) -> impl Iterator<Item = &Statement> {
        self.denies.of(action).filter_map(|at| self.statements.get(at))
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(&self.text).finish()
    }
}

fn limits(text: &str) -> Result<(), PolicyError> {
    if text.len() > DOCUMENT_BYTES_MAX {
        let what = format!("more than {DOCUMENT_BYTES_MAX} bytes");
        return Err(PolicyError::new(Refusal::Syntax, what));
    }
    // Nearly every document is plain ASCII. All bytes are looked at at once, so none ends the fold.
    let is_plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'\x7f');
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        return Ok(());
    }
    // IAM's pattern for documents: [\u0009\u000A\u000D\u0020-\u00FF]+
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
    match text.char_indices().find(|&(_, c)| !allowed(c)) {
        None => Ok(()),
        Some((at, other)) => {
            let what = format!("a document may not hold the character {}", other.escape_unicode());
            Err(PolicyError::new(Refusal::Syntax, what).at(Step::Byte(at)))
        }
    }
}

fn refuse(kind: PolicyKind, error: JsonError) -> PolicyError {
    let JsonError { fault, at, line, column } = error;
    let what = match &fault {
        JsonFault::Depth => format!("nested deeper than {} levels", json::DEPTH_MAX),
        JsonFault::Duplicate(key) => format!("the key `{}` stands twice", key.escape_debug()),
        JsonFault::Malformed(what) => (*what).to_owned(),
    };
    let refusal = match (kind, fault) {
        (PolicyKind::Trust, JsonFault::Malformed(_)) => Refusal::Json,
        _ => Refusal::Syntax,
    };
    let place = format!("line {line}, column {column}");
    PolicyError::placed(refusal, place, what).at(Step::Byte(at))
}
