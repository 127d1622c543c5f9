//! Texts with wildcards and policy variables. Source: contract/policy.md section 2.1.

use crate::RequestContext;
use crate::wildcard::{self, Case, Piece};

/// Most pieces of one value: wildcards, variables, and the texts between. It bounds the work of a
/// match to this many passes over the request's value.
pub(crate) const PIECES_MAX: usize = 256;

/// A value of a policy: what it says once the variables are known.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    tokens: Box<[Token]>,
    has_variables: bool,
}

#[derive(Debug, Clone)]
enum Token {
    Any,
    One,
    Text(Box<str>),
    Variable { key: Box<str>, default: Option<Box<str>> },
}

/// Which characters of a value mean more than themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meaning {
    pub(crate) variables: bool,
    pub(crate) wildcards: bool,
}

impl Template {
    /// Reads a value; the error says what is wrong with it.
    pub(crate) fn parse(text: &str, meaning: Meaning) -> Result<Self, String> {
        Self::from_tokens(tokens(text, meaning)?)
    }

    /// Reads a value that begins with a text to the letter.
    pub(crate) fn parse_after(literal: &str, text: &str, meaning: Meaning) -> Result<Self, String> {
        let mut tokens = tokens(text, meaning)?;
        match tokens.first_mut() {
            Some(Token::Text(first)) => *first = [literal, first].concat().into(),
            _ => tokens.insert(0, Token::Text(literal.into())),
        }
        Self::from_tokens(tokens)
    }

    fn from_tokens(tokens: Vec<Token>) -> Result<Self, String> {
        if tokens.len() > PIECES_MAX {
            return Err(format!(
                "a value of more than {PIECES_MAX} wildcards, variables and texts"
            ));
        }
        let has_variables = tokens.iter().any(|token| matches!(token, Token::Variable { .. }));
        Ok(Self { tokens: tokens.into(), has_variables })
    }

    pub(crate) fn has_variables(&self) -> bool {
        self.has_variables
    }

    /// Whether the value is a single `*`.
    pub(crate) fn is_any(&self) -> bool {
        matches!(*self.tokens, [Token::Any])
    }

    /// The text, if the value is nothing more.
    pub(crate) fn literal(&self) -> Option<&str> {
        if let [Token::Text(only)] = &*self.tokens { Some(only) } else { None }
    }

    /// Whether `text` matches. A variable without value is null and equals nothing.
    pub(crate) fn matches(&self, text: &str, context: &RequestContext<'_>) -> bool {
        match &*self.tokens {
            [Token::Text(only)] => return **only == *text,
            [Token::Text(start), Token::Any] => return text.starts_with(&**start),
            _ => {}
        }
        (!self.has_variables || self.is_resolved(context))
            && wildcard::matches(|at| self.tokens.get(at)?.piece(context), text, Case::Exact)
    }

    /// Whether `text` matches but for the case of letters. Only for values without variables.
    pub(crate) fn matches_ignore_case(&self, text: &str) -> bool {
        if let Some(only) = self.literal() {
            // Most are written as they are asked: texts are compared faster than letters.
            return only == text || only.eq_ignore_ascii_case(text);
        }
        let none = RequestContext::default();
        !self.has_variables
            && wildcard::matches(|at| self.tokens.get(at)?.piece(&none), text, Case::Ignore)
    }

    /// Whether `text` is equal but for the case of letters. Only for values without wildcards.
    pub(crate) fn equals_ignore_case(&self, text: &str, context: &RequestContext<'_>) -> bool {
        let texts = self.tokens.iter().filter_map(|token| match token.piece(context) {
            Some(Piece::Text(text)) => Some(text),
            _ => None,
        });
        self.is_resolved(context) && lower(text).eq(texts.flat_map(lower))
    }

    /// Splits at the first `parts - 1` colons of the text; colons inside variables do not count.
    pub(crate) fn split_at_colons(&self, parts: usize) -> Vec<Self> {
        let mut split = vec![Vec::new()];
        for token in &self.tokens {
            let Token::Text(text) = token else {
                push(&mut split, token.clone());
                continue;
            };
            let room = parts.saturating_sub(split.len()) + 1;
            for (index, piece) in text.splitn(room, ':').enumerate() {
                if index > 0 {
                    split.push(Vec::new());
                }
                if !piece.is_empty() {
                    push(&mut split, Token::Text(piece.into()));
                }
            }
        }
        split.into_iter().filter_map(|tokens| Self::from_tokens(tokens).ok()).collect()
    }

    fn is_resolved(&self, context: &RequestContext<'_>) -> bool {
        self.tokens.iter().all(|token| token.piece(context).is_some())
    }
}

impl Token {
    /// The piece to match, or `None` for a variable without value.
    fn piece<'p>(&'p self, context: &'p RequestContext<'_>) -> Option<Piece<'p>> {
        match self {
            Self::Any => Some(Piece::Any),
            Self::One => Some(Piece::One),
            Self::Text(text) => Some(Piece::Text(text)),
            // AWS: a substituted value is literal, its `*` is no wildcard (docs).
            Self::Variable { key, default } => {
                context.single(key).or(default.as_deref()).map(Piece::Text)
            }
        }
    }
}

fn push(parts: &mut [Vec<Token>], token: Token) {
    if let Some(last) = parts.last_mut() {
        last.push(token);
    }
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn tokens(text: &str, meaning: Meaning) -> Result<Vec<Token>, String> {
    let is_special = |byte: u8| matches!(byte, b'*' | b'?' | b'$');
    // Most values are nothing but text.
    if !text.bytes().any(is_special) {
        return Ok(vec![Token::Text(text.into())]);
    }
    let (mut tokens, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(run) = rest.bytes().position(is_special) {
        let (before, from) = rest.split_at(run);
        plain.push_str(before);
        rest = from;
        let Some(next) = rest.chars().next() else { break };
        let tail = rest.get(next.len_utf8()..).unwrap_or_default();
        let (token, after) = match next {
            '*' if meaning.wildcards => (Special::Token(Token::Any), tail),
            '?' if meaning.wildcards => (Special::Token(Token::One), tail),
            '$' if meaning.variables && tail.starts_with('{') => {
                let inside = tail.get(1..).unwrap_or_default();
                let (inside, after) = split_variable(inside)
                    .ok_or_else(|| format!("`{}` is a variable without `}}`", shown(rest)))?;
                (variable(inside)?, after)
            }
            other => (Special::Plain(other), tail),
        };
        rest = after;
        match token {
            Special::Plain(plain_char) => plain.push(plain_char),
            Special::Token(token) => {
                flush(&mut plain, &mut tokens);
                // Two stars in a row mean no more than one.
                let repeated = matches!((&token, tokens.last()), (Token::Any, Some(Token::Any)));
                if !repeated {
                    tokens.push(token);
                }
            }
        }
    }
    plain.push_str(rest);
    flush(&mut plain, &mut tokens);
    Ok(tokens)
}

enum Special {
    Plain(char),
    Token(Token),
}

/// What stands between the braces, and what follows. A quoted default may hold a brace.
fn split_variable(inside: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let close = inside.char_indices().find_map(|(at, c)| {
        quoted ^= c == '\'';
        (c == '}' && !quoted).then_some(at)
    })?;
    Some((inside.get(..close)?, inside.get(close + 1..)?))
}

/// `${*}`, `${?}`, `${$}`, `${key}` or `${key, 'default'}`.
fn variable(inside: &str) -> Result<Special, String> {
    let escaped = match inside {
        "*" => Some('*'),
        "?" => Some('?'),
        "$" => Some('$'),
        _ => None,
    };
    if let Some(escaped) = escaped {
        return Ok(Special::Plain(escaped));
    }
    let (key, default) = match inside.split_once(", ") {
        Some((key, default)) => (key, Some(unquote(default))),
        None => (inside, None),
    };
    let well_formed = !key.is_empty() && !key.contains(['$', '{', ',', '\'', '*', '?']);
    match default {
        None if well_formed => {
            Ok(Special::Token(Token::Variable { key: key.into(), default: None }))
        }
        Some(Some(default)) if well_formed => {
            Ok(Special::Token(Token::Variable { key: key.into(), default: Some(default.into()) }))
        }
        _ => Err(format!(
            "`${{{}}}` is no variable; hint: write `${{key}}` or `${{key, 'default'}}`",
            shown(inside)
        )),
    }
}

/// The text between single quotes.
fn unquote(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then_some(inner)
}

fn flush(plain: &mut String, tokens: &mut Vec<Token>) {
    if !plain.is_empty() {
        tokens.push(Token::Text(std::mem::take(plain).into()));
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect()
}

/// How much of a bad value an error shows.
const SHOWN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Meaning = Meaning { variables: true, wildcards: true };

    fn context() -> RequestContext<'static> {
        let mut context = RequestContext::default();
        context.set("aws:username", "a*");
        context.set("aws:PrincipalTag/Team", "red");
        context.set_many("aws:TagKeys", ["one"]);
        context
    }

    #[test]
    fn variables_are_substituted() {
        for (template, text, expected) in [
            ("home/${aws:username}/*", "home/a*/x", true),
            ("home/${aws:username}/*", "home/ab/x", false),
            ("${AWS:UserName}", "a*", true),
            ("${aws:principaltag/team}-?", "red-1", true),
            ("${aws:nothing}", "", false),
            ("${aws:nothing, 'x}'}y", "x}y", true),
            ("${aws:nothing, ''}", "", true),
            ("${aws:username, 'x'}", "a*", true),
            ("${aws:TagKeys}", "one", false),
            ("${*}${?}${$}{x}", "*?${x}", true),
            ("${*}", "b", false),
            ("$ {x}$", "$ {x}$", true),
        ] {
            let parsed = Template::parse(template, ALL).unwrap();
            assert_eq!(parsed.matches(text, &context()), expected, "{template} {text}");
        }
    }

    #[test]
    fn meaning_can_be_switched_off() {
        let none = Meaning { variables: false, wildcards: false };
        let parsed = Template::parse("*${aws:username}?", none).unwrap();
        assert!(parsed.matches("*${aws:username}?", &context()));
        for (plain, other) in [("a?", "ab"), ("a*", "ab"), ("a*", "a"), ("${aws:username}", "a*")] {
            let parsed = Template::parse(plain, none).unwrap();
            assert!(parsed.matches(plain, &context()), "{plain}");
            assert!(!parsed.matches(other, &context()), "{plain}");
        }
    }

    #[test]
    fn malformed_variables_are_refused() {
        let shown = |text: &str| text.chars().flat_map(char::escape_debug).collect::<String>();
        for bad in ["${}", "${a,'b'}", "${a, b}", "${${a}", "${a*}", "${, 'b'}", "${a?, 'b'}"] {
            let refused = Template::parse(&format!("x{bad}y"), ALL).unwrap_err();
            assert!(refused.starts_with(&format!("`{}` is no variable", shown(bad))), "{refused}");
        }
        for open in ["${", "${a", "${a, 'b}", "${a, '}"] {
            let refused = Template::parse(&format!("x{open}"), ALL).unwrap_err();
            assert_eq!(refused, format!("`{}` is a variable without `}}`", shown(open)));
        }
    }

    #[test]
    fn pieces_have_a_limit() {
        assert!(Template::parse(&"?".repeat(PIECES_MAX), ALL).is_ok());
        assert!(Template::parse(&"?".repeat(PIECES_MAX + 1), ALL).is_err());
        assert!(Template::parse(&"*".repeat(PIECES_MAX + 1), ALL).is_ok());
    }
}
