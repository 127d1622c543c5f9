//! The names of condition operators. Source: contract/policy.md section 2.

/// A condition operator, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) quantifier: Option<Quantifier>,
    pub(crate) family: Family,
    /// A negated operator matches what its positive twin does not, absent keys included.
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

/// How an operator treats the values of a multivalued key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Any,
}

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Arn,
    Binary,
    Bool,
    Date(Comparison),
    Ip,
    Null,
    Numeric(Comparison),
    Text(Text),
}

/// The order of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equals,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// How two strings are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    Equals,
    EqualsIgnoreCase,
    Like,
}

impl Operator {
    /// Reads a name such as `ForAnyValue:StringNotLikeIfExists`; `None` for a name that is none.
    ///
    /// `Null` takes neither suffix nor prefix: it already asks about presence.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = split_quantifier(name);
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (family, negated) = family(base)?;
        let decorated = if_exists || quantifier.is_some();
        (family != Family::Null || !decorated).then_some(Self {
            quantifier,
            family,
            negated,
            if_exists,
        })
    }

    /// `ForAllValues::…`: refused even with an empty body.
    pub(crate) fn has_doubled_colon(name: &str) -> bool {
        let (quantifier, rest) = split_quantifier(name);
        quantifier.is_some() && rest.starts_with(':')
    }

    /// Whether values may hold policy variables (section 2.1).
    pub(crate) fn takes_variables(self) -> bool {
        matches!(self.family, Family::Arn | Family::Text(_))
    }
}

impl Comparison {
    pub(crate) fn holds<T: Ord>(self, request: &T, policy: &T) -> bool {
        match self {
            Self::Equals => request == policy,
            Self::Greater => request > policy,
            Self::GreaterOrEqual => request >= policy,
            Self::Less => request < policy,
            Self::LessOrEqual => request <= policy,
        }
    }
}

fn split_quantifier(name: &str) -> (Option<Quantifier>, &str) {
    if let Some(rest) = name.strip_prefix("ForAllValues:") {
        return (Some(Quantifier::All), rest);
    }
    match name.strip_prefix("ForAnyValue:") {
        Some(rest) => (Some(Quantifier::Any), rest),
        None => (None, name),
    }
}

/// The family of a bare operator and whether it is negated.
fn family(name: &str) -> Option<(Family, bool)> {
    Some(match name {
        "ArnEquals" | "ArnLike" => (Family::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Family::Arn, true),
        "BinaryEquals" => (Family::Binary, false),
        "Bool" => (Family::Bool, false),
        "IpAddress" => (Family::Ip, false),
        "NotIpAddress" => (Family::Ip, true),
        "Null" => (Family::Null, false),
        "StringEquals" => (Family::Text(Text::Equals), false),
        "StringNotEquals" => (Family::Text(Text::Equals), true),
        "StringEqualsIgnoreCase" => (Family::Text(Text::EqualsIgnoreCase), false),
        "StringNotEqualsIgnoreCase" => (Family::Text(Text::EqualsIgnoreCase), true),
        "StringLike" => (Family::Text(Text::Like), false),
        "StringNotLike" => (Family::Text(Text::Like), true),
        _ => return ordered(name),
    })
}

/// The six operators that numbers and dates share.
fn ordered(name: &str) -> Option<(Family, bool)> {
    let (family, order): (fn(Comparison) -> Family, _) = match name.strip_prefix("Numeric") {
        Some(order) => (Family::Numeric, order),
        None => (Family::Date, name.strip_prefix("Date")?),
    };
    let (comparison, negated) = match order {
        "Equals" => (Comparison::Equals, false),
        "NotEquals" => (Comparison::Equals, true),
        "LessThan" => (Comparison::Less, false),
        "LessThanEquals" => (Comparison::LessOrEqual, false),
        "GreaterThan" => (Comparison::Greater, false),
        "GreaterThanEquals" => (Comparison::GreaterOrEqual, false),
        _ => return None,
    };
    Some((family(comparison), negated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decorated_names_are_taken_apart() {
        let operator = Operator::parse("ForAnyValue:StringNotLikeIfExists").unwrap();
        assert_eq!(operator.quantifier, Some(Quantifier::Any));
        assert_eq!(operator.family, Family::Text(Text::Like));
        assert!(operator.negated && operator.if_exists);
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "",
            "stringEquals",
            "StringEqualsIfExistsIfExists",
            "NullIfExists",
            "ForAllValues:Null",
            "ForAnyValue:",
            "ForAllValues::Bool",
            "forAllValues:Bool",
            "NumericLike",
            "Numeric",
            "DateNotLessThan",
            "BinaryNotEquals",
            "StringEquals ",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
