use crate::error::ApiError;
use crate::params::Params;

/// A text parameter and its constraints, as the service model states them.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The parameter: `RoleName`.
    pub name: &'static str,
    /// Fewest characters.
    pub length_min: usize,
    /// Most characters.
    pub length_max: usize,
    /// Which characters.
    pub pattern: Pattern,
}

/// The character sets of STS and IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Any.
    Any,
    /// `[\w+=,.@:\/-]*`
    ExternalId,
    /// `[\w+=,.@-]*`
    Name,
    /// `[\w+=,.@-]+`
    NameNonEmpty,
    /// `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`
    Path,
    /// `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`
    TagKey,
    /// `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`
    TagValue,
    /// `[\w]*`
    Word,
}

impl Field {
    pub(crate) const fn new(
        name: &'static str,
        length_min: usize,
        length_max: usize,
        pattern: Pattern,
    ) -> Self {
        Self { name, length_min, length_max, pattern }
    }

    /// The parameter, which must be there.
    pub(crate) fn required<'a>(&self, params: &'a Params) -> Result<&'a str, ApiError> {
        match params.get(self.name) {
            Some(value) => self.check(value),
            None => Err(self.violation("null", "Member must not be null")),
        }
    }

    /// The parameter, if it is there.
    pub(crate) fn optional<'a>(&self, params: &'a Params) -> Result<Option<&'a str>, ApiError> {
        params.get(self.name).map(|value| self.check(value)).transpose()
    }

    /// A value that must meet the constraints.
    pub(crate) fn check<'a>(&self, value: &'a str) -> Result<&'a str, ApiError> {
        let quoted = || format!("'{}'", value.chars().take(SHOWN).collect::<String>());
        let length = value.chars().count();
        if length < self.length_min {
            let bound = self.length_min;
            let text = format!("Member must have length greater than or equal to {bound}");
            return Err(self.violation(&quoted(), &text));
        }
        if length > self.length_max {
            let bound = self.length_max;
            let text = format!("Member must have length less than or equal to {bound}");
            return Err(self.violation(&quoted(), &text));
        }
        if !self.pattern.matches(value) {
            let pattern = self.pattern.as_str();
            let text = format!("Member must satisfy regular expression pattern: {pattern}");
            return Err(self.violation(&quoted(), &text));
        }
        Ok(value)
    }

    fn violation(&self, value: &str, constraint: &str) -> ApiError {
        let mut member = self.name.to_owned();
        if let Some(first) = member.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        ApiError::validation(format!(
            "1 validation error detected: Value {value} at '{member}' failed to satisfy \
             constraint: {constraint}"
        ))
    }
}

impl Pattern {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Any => ".*",
            Self::ExternalId => r"[\w+=,.@:\/-]*",
            Self::Name => r"[\w+=,.@-]*",
            Self::NameNonEmpty => r"[\w+=,.@-]+",
            Self::Path => r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)",
            Self::TagKey => r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+",
            Self::TagValue => r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
            Self::Word => r"[\w]*",
        }
    }

    fn matches(self, value: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = |c: char| word(c) || "+=,.@-".contains(c);
        let tag = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        match self {
            Self::Any => true,
            Self::ExternalId => value.chars().all(|c| name(c) || ":/".contains(c)),
            Self::Name => value.chars().all(name),
            Self::NameNonEmpty => !value.is_empty() && value.chars().all(name),
            Self::Path => is_path(value),
            Self::TagKey => !value.is_empty() && value.chars().all(tag),
            Self::TagValue => value.chars().all(tag),
            Self::Word => value.chars().all(word),
        }
    }
}

fn is_path(value: &str) -> bool {
    let printable = |c: char| ('!'..='~').contains(&c);
    value == "/"
        || (value.len() > 2
            && value.starts_with('/')
            && value.ends_with('/')
            && value.chars().all(printable))
}

/// A number parameter within bounds, or its default.
pub(crate) fn number(
    params: &Params,
    name: &'static str,
    bounds: std::ops::RangeInclusive<i64>,
    default: i64,
) -> Result<i64, ApiError> {
    let Some(text) = params.get(name) else { return Ok(default) };
    let field = Field::new(name, 0, usize::MAX, Pattern::Any);
    let quoted = format!("'{}'", text.chars().take(SHOWN).collect::<String>());
    match text.parse::<i64>() {
        Ok(value) if value < *bounds.start() => {
            let text =
                format!("Member must have value greater than or equal to {}", bounds.start());
            Err(field.violation(&quoted, &text))
        }
        Ok(value) if value > *bounds.end() => {
            let text = format!("Member must have value less than or equal to {}", bounds.end());
            Err(field.violation(&quoted, &text))
        }
        Ok(value) => Ok(value),
        Err(_) => Err(ApiError::new(
            "MalformedInput",
            format!("Value {quoted} at '{name}' is not a whole number"),
        )),
    }
}

/// How much of a bad value a message shows.
const SHOWN: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_reads_as_at_aws() {
        let field = Field::new("RoleSessionName", 2, 64, Pattern::Name);
        assert_eq!(
            field.check("Session1:2").unwrap_err().message,
            "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to \
             satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        );
        assert!(field.check("ab").is_ok() && field.check("a").is_err());
        assert!(field.check(&"a".repeat(64)).is_ok() && field.check(&"a".repeat(65)).is_err());
    }

    #[test]
    fn paths_begin_and_end_with_a_slash() {
        for (path, valid) in
            [("/", true), ("/a/b/", true), ("//", false), ("a/", false), ("/a", false), ("", false)]
        {
            assert_eq!(Pattern::Path.matches(path), valid, "{path}");
        }
    }
}
