use crate::error::ApiError;
use crate::output::{Body, Element};
use crate::params::Params;

/// One page of a list that is ordered by name: `Marker` is the last name of the page before.
pub(super) fn page<T>(
    params: &Params,
    list: &'static str,
    items: impl Iterator<Item = T>,
    name: impl Fn(&T) -> &str,
    body: impl Fn(&T) -> Body,
) -> Result<Vec<Element>, ApiError> {
    let most = most(params)?;
    let after = params.get("Marker");
    let mut rest = items.skip_while(|item| {
        after.is_some_and(|after| name(item).to_ascii_lowercase() <= after.to_ascii_lowercase())
    });
    let taken: Vec<T> = rest.by_ref().take(most).collect();
    let truncated = rest.next().is_some();
    let mut output = vec![
        Element::items(list, taken.iter().map(&body)),
        Element::text("IsTruncated", truncated.to_string()),
    ];
    if let Some(last) = taken.last().filter(|_| truncated) {
        output.push(Element::text("Marker", name(last)));
    }
    Ok(output)
}

fn most(params: &Params) -> Result<usize, ApiError> {
    let most = crate::field::seconds(params, "MaxItems", 1..=1000, 100)?;
    Ok(usize::try_from(most).unwrap_or(100))
}
