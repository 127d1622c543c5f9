use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Base64 in lines of 76 characters, with a line feed between lines and none at the end.
pub(crate) fn base64_lines(bytes: &[u8]) -> String {
    let lines: Vec<String> =
        bytes.chunks(LINE_CHARACTERS / 4 * 3).map(|line| BASE64_STANDARD.encode(line)).collect();
    lines.join("\n")
}

/// AWS: the line of MIME (RFC 2045 section 6.8). Follows from the lengths seen on EC2 [native]:
/// base64 comes in fours, and of the widths 64 and 76, with and without a last line feed, this
/// alone makes 174, 1167 and 1487 bytes of it. With lines of 64, no text has 1167 bytes.
const LINE_CHARACTERS: usize = 76;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_seen_on_ec2_come_from_these_bytes() {
        assert_eq!(base64_lines(&[0; 128]).len(), 174);
        for bytes in 862..=864 {
            assert_eq!(base64_lines(&vec![0; bytes]).len(), 1167);
        }
        for bytes in 1099..=1101 {
            assert_eq!(base64_lines(&vec![0; bytes]).len(), 1487);
        }
    }

    #[test]
    fn lines_are_full_and_the_last_does_not_end() {
        assert_eq!(base64_lines(&[]), "");
        assert_eq!(base64_lines(&[0; 57]), "A".repeat(76));
        assert_eq!(base64_lines(&[0; 58]), format!("{}\nAA==", "A".repeat(76)));
    }
}
