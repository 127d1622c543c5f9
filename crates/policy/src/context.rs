use std::borrow::Cow;

/// The values of condition keys in one request.
///
/// Keys are found without case, the part after the slash included (contract/policy.md section 2).
/// A key that was not set is absent, which differs from a key with an empty value.
///
/// ```
/// let mut context = rolecall_policy::RequestContext::default();
/// context.set("aws:PrincipalTag/Team", "red");
/// assert_eq!(context.lookup("AWS:principaltag/TEAM").unwrap(), ["red"]);
/// assert!(context.lookup("aws:SourceVpc").is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct RequestContext<'a> {
    /// A later entry hides an earlier one of its key: to look for that at every key that is set
    /// would cost more than deciding.
    entries: Vec<Entry<'a>>,
}

#[derive(Debug, Clone)]
struct Entry<'a> {
    key: Cow<'a, str>,
    is_ascii: bool,
    values: Values<'a>,
}

#[derive(Debug, Clone)]
enum Values<'a> {
    Many(Vec<Cow<'a, str>>),
    One([Cow<'a, str>; 1]),
}

impl<'a> RequestContext<'a> {
    /// An empty context with room for as many keys as requests commonly have.
    pub fn with_room() -> Self {
        Self { entries: Vec::with_capacity(KEYS_USUAL) }
    }

    /// Whether two keys are one: without case, in any script. Tag keys are compared so, too.
    ///
    /// ```
    /// use rolecall_policy::RequestContext;
    /// assert!(RequestContext::is_same_key("Kind", "\u{212a}IND"), "the Kelvin sign is a k");
    /// ```
    pub fn is_same_key(a: &str, b: &str) -> bool {
        is_same_key(a, a.is_ascii(), b, b.is_ascii())
    }

    /// Gives a key its value, in place of any earlier one.
    pub fn set(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.put(key.into(), Values::One([value.into()]));
    }

    /// Gives a multivalued key its values. Without any the key is absent.
    ///
    /// A key set so cannot be a policy variable, not even with a single value.
    pub fn set_many<V: Into<Cow<'a, str>>>(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = V>,
    ) {
        self.put(key.into(), Values::Many(values.into_iter().map(Into::into).collect()));
    }

    /// Takes a key out.
    pub fn unset(&mut self, key: &str) {
        let is_ascii = key.is_ascii();
        self.entries.retain(|entry| !entry.is_of(key, is_ascii));
    }

    /// The values of a key, at least one, or `None` if it is absent.
    pub fn lookup(&self, key: &str) -> Option<&[Cow<'a, str>]> {
        self.entry(key).map(|entry| entry.values.as_slice())
    }

    /// All keys with their values, in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Cow<'a, str>])> {
        let shown = self.entries.iter().filter(|entry| {
            self.entry(&entry.key).is_some_and(|newest| std::ptr::eq(newest, *entry))
        });
        shown.map(|entry| (entry.key.as_ref(), entry.values.as_slice()))
    }

    /// The value of a single-valued key, as policy variables need it.
    pub(crate) fn single(&self, key: &str) -> Option<&str> {
        match &self.entry(key)?.values {
            Values::Many(_) => None,
            Values::One([value]) => Some(value),
        }
    }

    fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        let is_ascii = key.is_ascii();
        self.entries.iter().rev().find(|entry| entry.is_of(key, is_ascii))
    }

    fn put(&mut self, key: Cow<'a, str>, values: Values<'a>) {
        if values.as_slice().is_empty() {
            self.unset(&key);
        } else {
            self.entries.push(Entry { is_ascii: key.is_ascii(), key, values });
        }
    }
}

/// Global keys, those of a session, and some of the service.
const KEYS_USUAL: usize = 32;

impl Entry<'_> {
    fn is_of(&self, key: &str, is_ascii: bool) -> bool {
        // Most keys differ in length already.
        let may_be = self.key.len() == key.len() || !(self.is_ascii && is_ascii);
        may_be && is_same_key(&self.key, self.is_ascii, key, is_ascii)
    }
}

impl<'a> Values<'a> {
    fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Self::Many(values) => values,
            Self::One(value) => value,
        }
    }
}

/// Tag keys may hold any letter, and a letter's lower case may be longer than its upper case.
fn is_same_key(a: &str, a_is_ascii: bool, b: &str, b_is_ascii: bool) -> bool {
    a.eq_ignore_ascii_case(b) || (!(a_is_ascii && b_is_ascii) && lower(a).eq(lower(b)))
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_without_case() {
        let mut context = RequestContext::default();
        context.set("aws:Ec2InstanceSourceVpc", "vpc-1");
        context.set("aws:PrincipalTag/Équipe", "x");
        assert_eq!(context.lookup("aws:ec2InstanceSourceVPC").unwrap(), ["vpc-1"]);
        assert_eq!(context.lookup("aws:principaltag/éQUIPE").unwrap(), ["x"]);
        // The Kelvin sign is a K of another script.
        context.set("k:1", "y");
        assert_eq!(context.lookup("\u{212a}:1").unwrap(), ["y"]);
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one() {
        let mut context = RequestContext::default();
        context.set("aws:SourceIp", "192.0.2.1");
        context.set("AWS:SOURCEIP", "192.0.2.2");
        assert_eq!(context.lookup("aws:SourceIp").unwrap(), ["192.0.2.2"]);
        context.set("aws:userid", "a");
        let shown: Vec<_> = context.iter().map(|(key, values)| (key, values.join(","))).collect();
        let expected = [("AWS:SOURCEIP", "192.0.2.2"), ("aws:userid", "a")];
        assert_eq!(shown, expected.map(|(key, value)| (key, value.to_owned())));
        context.set_many("aws:SourceIp", Vec::<String>::new());
        assert!(context.lookup("aws:SourceIp").is_none());
    }
}
