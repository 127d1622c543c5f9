//! The answer of a simulation. Source: IAM API reference, `EvaluationResult`.

use super::evaluate::Evaluated;
use super::sources::Source;
use super::spans::Position;
use crate::output::{Body, Element};

/// One result: an action on a resource.
///
/// What stands at the top for `*` stands once more below `ResourceSpecificResults` for a resource
/// that was named: readers look in either place.
pub(super) fn result(action: &str, resource: &str, evaluated: &Evaluated<'_>) -> Body {
    let is_named = resource != "*";
    let mut fields = vec![
        Element::text("EvalActionName", action),
        Element::text("EvalResourceName", resource),
        Element::text("EvalDecision", evaluated.decision),
        matched(evaluated),
        missing(evaluated),
    ];
    fields.extend(boundary(evaluated));
    match details(evaluated) {
        Some(details) => fields.push(details),
        None if is_named => fields.push(Element::fields("EvalDecisionDetails", Vec::new())),
        None => {}
    }
    if is_named {
        let mut of_resource = vec![
            Element::text("EvalResourceName", resource),
            Element::text("EvalResourceDecision", evaluated.decision),
            matched(evaluated),
            missing(evaluated),
        ];
        of_resource.extend(boundary(evaluated));
        of_resource.extend(details(evaluated));
        let results = [Body::Fields(of_resource)];
        fields.push(Element::items("ResourceSpecificResults", results));
    }
    // Not AWS's: SDKs pass over what they do not know, and people read it.
    fields.push(Element::text("RolecallExplanation", evaluated.explanation.as_str()));
    Body::Fields(fields)
}

fn matched(evaluated: &Evaluated<'_>) -> Element {
    let statements =
        evaluated.matched.iter().filter_map(|(source, index)| statement(source, *index));
    Element::items("MatchedStatements", statements)
}

fn statement(source: &Source, index: usize) -> Option<Body> {
    let span = source.statement(index)?.span;
    Some(Body::Fields(vec![
        Element::text("SourcePolicyId", source.id.as_str()),
        Element::text("SourcePolicyType", source.kind),
        position("StartPosition", span.start),
        position("EndPosition", span.end),
    ]))
}

fn position(name: &'static str, Position { line, column }: Position) -> Element {
    let (line, column) = (line.to_string(), column.to_string());
    Element::fields(name, vec![Element::text("Line", line), Element::text("Column", column)])
}

fn missing(evaluated: &Evaluated<'_>) -> Element {
    keys("MissingContextValues", &evaluated.missing)
}

/// A list of context keys.
pub(super) fn keys(name: &'static str, keys: &[String]) -> Element {
    Element::items(name, keys.iter().map(|key| Body::Text(key.clone())))
}

fn boundary(evaluated: &Evaluated<'_>) -> Option<Element> {
    let allowed = evaluated.allowed_by_boundary?.to_string();
    let detail = vec![Element::text("AllowedByPermissionsBoundary", allowed)];
    Some(Element::fields("PermissionsBoundaryDecisionDetail", detail))
}

/// A map, as the query protocol writes it.
fn details(evaluated: &Evaluated<'_>) -> Option<Element> {
    let entry = |(key, value): &(&str, &str)| {
        Element::fields("entry", vec![Element::text("key", *key), Element::text("value", *value)])
    };
    let entries = evaluated.details.as_ref()?.iter().map(entry).collect();
    Some(Element::fields("EvalDecisionDetails", entries))
}
