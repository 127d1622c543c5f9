use crate::error::ApiError;
use crate::params::Params;

/// `Filter.N`: something passes if every filter has a value of it.
///
/// `By` is what a filter of the operation can look at.
///
/// LIMIT: `*` and `?` in a value stand for themselves.
pub(super) struct Filters<'a, By>(Vec<(By, Vec<&'a str>)>);

impl<'a, By> Filters<'a, By> {
    /// Reads the filters; a name that `by` does not know is refused.
    pub(super) fn read(
        params: &'a Params,
        by: impl Fn(&'a str) -> Option<By>,
    ) -> Result<Self, ApiError> {
        let filters = (1..=params.list_len("Filter")).map(|n| {
            let name = params.get(&format!("Filter.{n}.Name")).unwrap_or_default();
            let by = by(name).ok_or_else(|| {
                ApiError::new("InvalidParameterValue", format!("The filter '{name}' is invalid"))
            })?;
            let value = |m: usize| params.get(&format!("Filter.{n}.Value.{m}"));
            Ok((by, (1..).map_while(value).collect()))
        });
        filters.collect::<Result<_, _>>().map(Self)
    }

    /// Whether something passes: `is` compares it with one value.
    pub(super) fn pass(&self, is: impl Fn(&By, &str) -> bool) -> bool {
        self.0.iter().all(|(by, values)| values.iter().any(|value| is(by, value)))
    }
}
