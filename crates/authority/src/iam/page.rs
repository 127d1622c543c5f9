use crate::error::ApiError;
use crate::output::{Body, Element};
use crate::params::Params;

/// One page of a list, in order of names without case: `Marker` is the last name of the page before.
pub(super) fn page<T>(
    params: &Params,
    list: &'static str,
    items: impl Iterator<Item = T>,
    name: impl Fn(&T) -> &str,
    body: impl Fn(&T) -> Body,
) -> Result<Vec<Element>, ApiError> {
    let most = most(params)?;
    let after = params.get("Marker").map(place);
    let mut rest: Vec<T> = items
        .filter(|item| after.as_ref().is_none_or(|after| place(name(item)) > *after))
        .collect();
    rest.sort_by_cached_key(|item| place(name(item)));
    let truncated = rest.len() > most;
    rest.truncate(most);
    let mut output = vec![
        Element::items(list, rest.iter().map(&body)),
        Element::text("IsTruncated", truncated.to_string()),
    ];
    if let Some(last) = rest.last().filter(|_| truncated) {
        output.push(Element::text("Marker", name(last)));
    }
    Ok(output)
}

/// Where a name stands in a list. Names that differ in case alone, where they may, have their order.
fn place(name: &str) -> (String, String) {
    (name.to_ascii_lowercase(), name.to_owned())
}

fn most(params: &Params) -> Result<usize, ApiError> {
    let most = crate::field::number(params, "MaxItems", 1..=1000, 100)?;
    Ok(usize::try_from(most).unwrap_or(100))
}
