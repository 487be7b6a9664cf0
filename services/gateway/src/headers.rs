//! What a call carries further: everything but what only the gateway may say, with a deadline.

use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::routes::Limit;

pub const SERVICE_IDENTITY: HeaderName = HeaderName::from_static(service_kit::auth::services::SERVICE_HEADER);
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Takes away what a client may not say to the services. Connection-specific headers cannot be here: HTTP/2
/// forbids them, and the server refuses a request that has them.
pub fn strip(headers: &mut HeaderMap) {
    let reserved =
        |name: &&HeaderName| name.as_str().starts_with("govshare-") || name.as_str().starts_with("proxy-");
    while let Some(name) = headers.keys().find(reserved).cloned() {
        headers.remove(name);
    }
    headers.remove(HOST);
}

/// Says who calls, in place of whatever stood there.
pub fn identify(headers: &mut HeaderMap, gateway: HeaderValue) {
    headers.insert(SERVICE_IDENTITY, gateway);
}

/// Time that is left for the call: the caller's deadline, if it is no later than `limit`.
pub fn deadline(headers: &mut HeaderMap, limit: &Limit) -> Duration {
    match headers.get(GRPC_TIMEOUT).and_then(|value| parse_timeout(value.as_bytes())) {
        Some(wanted) if wanted <= limit.duration => wanted,
        _ => {
            headers.insert(GRPC_TIMEOUT, limit.header.clone());
            limit.duration
        }
    }
}

/// `grpc-timeout` of the gRPC protocol: at most eight digits and a unit.
fn parse_timeout(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    match unit {
        b'H' => Some(Duration::from_secs(number * 3600)),
        b'M' => Some(Duration::from_secs(number * 60)),
        b'S' => Some(Duration::from_secs(number)),
        b'm' => Some(Duration::from_millis(number)),
        b'u' => Some(Duration::from_micros(number)),
        b'n' => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// Whether a content type is gRPC's own; gRPC-Web is another protocol.
pub fn is_grpc(content_type: Option<&HeaderValue>) -> bool {
    content_type
        .and_then(|value| value.as_bytes().strip_prefix(b"application/grpc"))
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_kept_cut_or_added() {
        let limit = Limit::seconds(30);
        for (said, left, sent) in [
            (Some("250m"), Duration::from_millis(250), "250m"),
            (Some("1H"), Duration::from_secs(30), "30S"),
            (Some("123456789S"), Duration::from_secs(30), "30S"),
            (Some("soon"), Duration::from_secs(30), "30S"),
            (None, Duration::from_secs(30), "30S"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(said) = said {
                headers.insert(GRPC_TIMEOUT, HeaderValue::from_static(said));
            }
            assert_eq!(deadline(&mut headers, &limit), left, "{said:?}");
            assert_eq!(headers.get(GRPC_TIMEOUT), Some(&HeaderValue::from_static(sent)), "{said:?}");
        }
    }

    #[test]
    fn reserved_headers_are_taken_away() {
        let mut headers = HeaderMap::new();
        for name in ["govshare-service-authorization", "govshare-unit", "proxy-authorization", "host"] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("a"));
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("b"));
        }
        headers.insert("authorization", HeaderValue::from_static("Bearer t"));
        strip(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["authorization"]);
    }

    #[test]
    fn grpc_web_is_not_grpc() {
        for (text, grpc) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc-web+proto", false),
            ("application/json", false),
        ] {
            assert_eq!(is_grpc(Some(&HeaderValue::from_static(text))), grpc, "{text}");
        }
        assert!(!is_grpc(None));
    }
}
