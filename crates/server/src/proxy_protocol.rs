//! The PROXY protocol, version 2: who a load balancer speaks for.
//!
//! Source: HAProxy, "The PROXY protocol", section 2.2; for the endpoint's id, the Network Load
//! Balancer user guide, "Proxy protocol".

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What a header says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxied {
    /// The client; `None` when the proxy speaks for itself (`LOCAL`: a health check).
    pub(crate) client: Option<SocketAddr>,
    /// The VPC endpoint that the client came through: `vpce-…`.
    pub(crate) endpoint_id: Option<String>,
}

/// Longest part after the fixed sixteen bytes.
pub(crate) const HEADER_REST_BYTES_MAX: usize = 1024;

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Type of AWS's extension, and its subtype for the endpoint.
const AWS: u8 = 0xea;
const AWS_ENDPOINT: u8 = 0x01;

/// Reads the header that a trusted proxy begins with. A connection without one is not served: who
/// it is for could not be known.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Proxied> {
    let mut fixed = [0; 16];
    stream.read_exact(&mut fixed).await?;
    let [.., high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if !fixed.starts_with(&SIGNATURE) || length > HEADER_REST_BYTES_MAX {
        return Err(malformed());
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    parse(&fixed, &rest).ok_or_else(malformed)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no PROXY header of version 2")
}

fn parse(fixed: &[u8; 16], rest: &[u8]) -> Option<Proxied> {
    let [.., command, family, _, _] = *fixed;
    match command {
        0x20 => return Some(Proxied { client: None, endpoint_id: None }),
        0x21 => {}
        _ => return None,
    }
    let (client, extensions) = match family {
        0x11 => {
            let (addresses, extensions) = rest.split_first_chunk::<12>()?;
            let [a, b, c, d, _, _, _, _, high, low, _, _] = *addresses;
            let port = u16::from_be_bytes([high, low]);
            (SocketAddr::from((Ipv4Addr::new(a, b, c, d), port)), extensions)
        }
        0x21 => {
            let (addresses, extensions) = rest.split_first_chunk::<36>()?;
            let (source, ports) = addresses.split_first_chunk::<16>()?;
            let ports = ports.get(16..18)?.try_into().ok()?;
            let address = IpAddr::V6(Ipv6Addr::from(*source)).to_canonical();
            (SocketAddr::new(address, u16::from_be_bytes(ports)), extensions)
        }
        _ => return None,
    };
    Some(Proxied { client: Some(client), endpoint_id: endpoint(extensions)? })
}

/// Walks the extensions; `None` if one is cut short.
fn endpoint(mut extensions: &[u8]) -> Option<Option<String>> {
    let mut found = None;
    while let Some((&kind, rest)) = extensions.split_first() {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        if let (AWS, Some((&AWS_ENDPOINT, id))) = (kind, value.split_first()) {
            found = Some(str::from_utf8(id).ok()?.to_owned());
        }
        extensions = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    fn read_all(bytes: &[u8]) -> Option<Proxied> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut bytes = bytes;
        runtime.block_on(read(&mut bytes)).ok()
    }

    const IPV4: [u8; 12] = [10, 0, 0, 7, 10, 0, 0, 1, 0x30, 0x39, 0, 80];

    #[test]
    fn the_client_of_a_header_is_found() {
        let v4 = read_all(&header(0x21, 0x11, &IPV4)).unwrap();
        assert_eq!(v4.client, Some("10.0.0.7:12345".parse().unwrap()));
        let v6 = [&[0; 15][..], &[1], &[0; 16], &[0x30, 0x39, 0, 80]].concat();
        let v6 = read_all(&header(0x21, 0x21, &v6)).unwrap();
        assert_eq!(v6.client, Some("[::1]:12345".parse().unwrap()));
        let local = read_all(&header(0x20, 0x00, &[])).unwrap();
        assert_eq!(local, Proxied { client: None, endpoint_id: None });
    }

    #[test]
    fn the_endpoint_stands_in_an_extension() {
        let id = b"\x01vpce-0123456789abcdef0";
        let length = u16::try_from(id.len()).unwrap().to_be_bytes();
        let extensions = [&[0x04, 0, 1, 0][..], &[AWS], &length, id].concat();
        let rest = [&IPV4[..], &extensions].concat();
        let proxied = read_all(&header(0x21, 0x11, &rest)).unwrap();
        assert_eq!(proxied.endpoint_id.as_deref(), Some("vpce-0123456789abcdef0"));
        let cut = &rest[..rest.len() - 1];
        assert_eq!(read_all(&header(0x21, 0x11, cut)), None);
    }

    #[test]
    fn what_is_no_header_is_refused() {
        let good = header(0x21, 0x11, &IPV4);
        for cut in 0..good.len() {
            assert_eq!(read_all(&good[..cut]), None, "{cut}");
        }
        for bad in [
            b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            b"PROXY TCP4 10.0.0.7 10.0.0.1 1 2\r\n".to_vec(),
            header(0x22, 0x11, &IPV4),
            header(0x11, 0x11, &IPV4),
            header(0x21, 0x31, &IPV4),
            header(0x21, 0x11, &vec![0; HEADER_REST_BYTES_MAX + 1]),
        ] {
            assert_eq!(read_all(&bad), None);
        }
        let longest = [&IPV4[..], &[0x04, 0x03, 0xf1], &[0; 0x3f1][..]].concat();
        assert_eq!(longest.len(), HEADER_REST_BYTES_MAX);
        assert!(read_all(&header(0x21, 0x11, &longest)).is_some());
    }

    /// An extension that a header may end with.
    fn extension() -> impl Strategy<Value = Vec<u8>> {
        let kind = prop_oneof![Just(AWS), any::<u8>()];
        let value = prop::collection::vec(any::<u8>(), 0..40);
        (kind, value, any::<bool>()).prop_map(|(kind, mut value, of_endpoint)| {
            if of_endpoint {
                value.insert(0, AWS_ENDPOINT);
            }
            let length = u16::try_from(value.len()).unwrap().to_be_bytes();
            [&[kind][..], &length, &value].concat()
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            command in prop_oneof![Just(0x20), Just(0x21), any::<u8>()],
            family in prop_oneof![Just(0x11), Just(0x21), any::<u8>()],
            addresses in prop::collection::vec(any::<u8>(), 0..40),
            extensions in prop::collection::vec(extension(), 0..4),
            cut in 0_usize..8,
        ) {
            let rest = [addresses, extensions.concat()].concat();
            let bytes = header(command, family, &rest);
            let cut = bytes.len() - cut.min(bytes.len());
            let (whole, short) = (read_all(&bytes), read_all(&bytes[..cut]));
            prop_assert!(short.is_none() || short == whole, "a header cut short says nothing");
        }

        #[test]
        fn every_client_is_told_with_its_endpoint(
            address in any::<[u8; 4]>(), port in any::<u16>(), id in "vpce-[0-9a-f]{17}",
            others in prop::collection::vec(extension().prop_filter("ours", |it| it[0] != AWS), 0..4),
        ) {
            let [high, low] = port.to_be_bytes();
            let length = u16::try_from(id.len() + 1).unwrap().to_be_bytes();
            let ours = [&[AWS][..], &length, &[AWS_ENDPOINT], id.as_bytes()].concat();
            let addresses = [&address[..], &[10, 0, 0, 1, high, low, 0, 80]].concat();
            let rest = [addresses, others.concat(), ours].concat();
            let proxied = read_all(&header(0x21, 0x11, &rest)).unwrap();
            prop_assert_eq!(proxied.client, Some(SocketAddr::from((address, port))));
            prop_assert_eq!(proxied.endpoint_id, Some(id));
        }
    }
}
