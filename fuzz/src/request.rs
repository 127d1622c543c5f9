use rolecall_imds::Presented;

/// A request as people write it: a request line, header lines, an empty line, a body.
///
/// ```text
/// GET /latest/meta-data/
/// x-aws-ec2-metadata-token: valid
///
/// body
/// ```
pub struct TextRequest<'a> {
    pub method: &'a str,
    pub target: &'a str,
    /// Names in lower case, in order.
    pub headers: Vec<(String, &'a str)>,
    pub body: &'a [u8],
}

impl<'a> TextRequest<'a> {
    /// `None` if the head is no text, or a name is none that HTTP knows.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.windows(2).position(|two| two == b"\n\n");
        let (head, body) = match end {
            Some(end) => (&bytes[..end], &bytes[end + 2..]),
            None => (bytes, &b""[..]),
        };
        let mut lines = std::str::from_utf8(head).ok()?.split('\n');
        let (method, target) = lines.next()?.split_once(' ')?;
        let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
        Some(Self { method, target, headers, body })
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// A header as the metadata service takes it.
    pub fn presented(&self, name: &str) -> Presented<'a> {
        Presented::from_values(self.values(name).map(str::as_bytes))
    }

    /// Path and query.
    pub fn path_and_query(&self) -> (&'a str, &'a str) {
        self.target.split_once('?').unwrap_or((self.target, ""))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// What an HTTP library lets through: a token, and a value without control characters.
fn header(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.split_once(':')?;
    let token = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    let value = value.trim_matches([' ', '\t']);
    let visible = value.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f));
    (token && visible).then(|| (name.to_ascii_lowercase(), value))
}

/// The first lines of an input, and what follows them.
pub struct Lines<'a>(pub &'a [u8]);

impl<'a> Lines<'a> {
    /// The next line as text, without its end.
    pub fn next_text(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|&byte| byte == b'\n').unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        self.0 = rest.strip_prefix(b"\n").unwrap_or(rest);
        std::str::from_utf8(line).ok()
    }
}
