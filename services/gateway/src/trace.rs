//! W3C trace context: a caller's trace goes on, a call without one begins one. Spans are made only for what is
//! sampled.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use service_kit::telemetry;
use tracing::Span;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const SAMPLED: u8 = 1;

/// Leaves `headers` with a valid `traceparent`; a span where the trace is sampled. `ratio` of new traces are.
pub fn follow(headers: &mut HeaderMap, ratio: f64, service: &str, method: &str) -> Option<Span> {
    let sampled = match headers.get(TRACEPARENT).and_then(|value| flags(value.as_bytes())) {
        Some(flags) => flags & SAMPLED != 0,
        None => begin(headers, ratio),
    };
    if let Some(once) = headers.get_mut(TRACEPARENT) {
        // No two calls have the same: in HPACK's table it would only push out what comes again.
        once.set_sensitive(true);
    }
    sampled.then(|| {
        let span = tracing::info_span!(
            "rpc",
            otel.kind = "server",
            rpc.system = "grpc",
            rpc.service = service,
            rpc.method = method
        );
        telemetry::adopt(&span, headers);
        span.in_scope(|| telemetry::inject(headers));
        span
    })
}

/// Writes a new trace id; tells whether it is sampled.
fn begin(headers: &mut HeaderMap, ratio: f64) -> bool {
    let ids = RandomIdGenerator::default();
    let trace = ids.new_trace_id().to_bytes();
    // As the SDK's ratio sampler decides: by the trace id, so that everyone who sees it decides alike.
    let drawn = trace[8..].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)) >> 1;
    let sampled = (drawn as f64) < ratio * (1_u64 << 63) as f64;
    let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
    write_hex(&mut text[3..35], &trace);
    write_hex(&mut text[36..52], &ids.new_span_id().to_bytes());
    text[54] = b'0' + u8::from(sampled);
    headers.remove(TRACESTATE);
    headers.insert(TRACEPARENT, HeaderValue::from_bytes(&text).expect("hexadecimal is ASCII"));
    sampled
}

fn write_hex(text: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// The flags of a valid traceparent (W3C Trace Context, section 3.2.2).
fn flags(text: &[u8]) -> Option<u8> {
    let hex = |part: &[u8]| part.iter().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(c));
    let zero = |part: &[u8]| part.iter().all(|c| *c == b'0');
    if text.len() < 55 || [text[2], text[35], text[52]] != [b'-'; 3] {
        return None;
    }
    let (version, trace, parent, flags) = (&text[..2], &text[3..35], &text[36..52], &text[53..55]);
    let length_fits = text.len() == 55 || (version != b"00" && text[55] == b'-');
    let ids_fit = hex(trace) && hex(parent) && !zero(trace) && !zero(parent);
    if !length_fits || !ids_fit || !hex(version) || version == b"ff" || !hex(flags) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(flags).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_valid_traceparent_is_followed() {
        let id = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
        assert_eq!(flags(format!("00-{id}-01").as_bytes()), Some(1));
        assert_eq!(flags(format!("00-{id}-00").as_bytes()), Some(0));
        assert_eq!(flags(format!("01-{id}-01-later").as_bytes()), Some(1));
        let zero_parent = format!("00-{}-0000000000000000-01", &id[..32]);
        for bad in [
            format!("ff-{id}-01"),
            format!("00-{id}-01-x"),
            id.to_uppercase(),
            format!("00-{id}-0"),
            zero_parent,
        ] {
            assert_eq!(flags(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_new_trace_is_valid_and_sampled_at_the_ratio() {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static("rubbish"));
        headers.insert(TRACESTATE, HeaderValue::from_static("of=rubbish"));
        assert!(!begin(&mut headers, 0.0));
        assert_eq!(headers.get(TRACEPARENT).and_then(|value| flags(value.as_bytes())), Some(0));
        assert!(!headers.contains_key(TRACESTATE));
        assert!(begin(&mut headers, 1.0));
        assert_eq!(headers.get(TRACEPARENT).and_then(|value| flags(value.as_bytes())), Some(1));
        let sampled = (0..20_000).filter(|_| begin(&mut headers, 0.25)).count();
        assert!((4_500..5_500).contains(&sampled), "{sampled} of 20000 at one in four");
    }
}
