use std::fmt;
use std::net::IpAddr;

use crate::short_text::ShortText;

/// The text of an address: `192.0.2.1`, `2001:db8::1`.
///
/// As the standard library writes it; that of IPv4 by hand, for it is written twice per request.
pub fn address_text(address: IpAddr) -> impl fmt::Display {
    struct Text(IpAddr);

    impl fmt::Display for Text {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let IpAddr::V4(address) = self.0 else { return self.0.fmt(f) };
            let mut text = ShortText::<15>::default();
            for (index, part) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    text.push(b".");
                }
                text.push_number(part);
            }
            f.write_str(text.as_str())
        }
    }

    Text(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_the_library_does() {
        for text in ["0.0.0.0", "192.0.2.1", "10.20.100.255", "255.255.255.255", "::1", "fd00::a"] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(address_text(address).to_string(), text);
        }
    }
}
