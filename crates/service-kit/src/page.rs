//! Pages by keyset: an opaque token carries the last key and a digest of the filters it belongs to (AIP-158).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use crate::validate::{PAGE_TOKEN, Violations};

/// Bytes of rows in one reply: callers take 4 MiB at most, by gRPC's default.
const REPLY_BYTES: usize = 3 << 20;

/// A moment as part of a key, to the microsecond that the database keeps. What it could not hold is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub OffsetDateTime);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        i64::try_from(self.0.unix_timestamp_nanos() / 1000).unwrap_or_default().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let micros = i64::deserialize(deserializer)?;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
            .ok()
            .filter(|moment| (1900..=2999).contains(&moment.year()))
            .map(Self)
            .ok_or_else(|| D::Error::custom("no moment of ours"))
    }
}

/// What a list call asked for.
#[derive(Debug)]
pub struct Page<K> {
    /// Rows wanted, at least 1.
    pub size: i64,
    /// Key after which the page begins; `None` for the first.
    pub after: Option<K>,
    filters: u64,
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// `default` rows if the caller names no size, never more than `max`. `filters` are the other arguments of
    /// the call: a token given for other filters is a violation, and so is a negative size.
    pub fn parse(
        size: i32,
        token: &str,
        default: i64,
        max: i64,
        filters: &impl prost::Message,
        violations: &mut Violations,
    ) -> Self {
        let size = match i64::from(size) {
            ..0 => {
                violations.add("page_size", "must not be negative / 不得为负");
                default
            }
            0 => default,
            size => size.min(max),
        };
        let filters = digest(&filters.encode_to_vec());
        let after = if token.is_empty() { None } else { Self::decode(token, filters) };
        violations.check(
            token.is_empty() || after.is_some(),
            PAGE_TOKEN,
            "was not given by this method for these filters / 分页标记无效或与查询条件不符",
        );
        Self { size, after, filters }
    }

    fn decode(token: &str, filters: u64) -> Option<K> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (filter_bytes, key) = bytes.split_at_checked(8)?;
        // No key that the database gave has a NUL, which it would refuse.
        let has_nul = key.windows(6).any(|part| part == br"\u0000");
        if has_nul || filter_bytes != filters.to_be_bytes() {
            return None;
        }
        serde_json::from_slice(key).ok()
    }

    /// Shows `rows` (of which one more than `size` was asked for) as far as they belong to the page and fit into one
    /// reply, and gives the next page's token.
    pub fn cut<R, M: prost::Message>(
        &self,
        rows: Vec<R>,
        key: impl Fn(&R) -> K,
        show: impl Fn(R) -> M,
    ) -> (Vec<M>, String) {
        let (size, count) = (usize::try_from(self.size).unwrap_or(usize::MAX), rows.len());
        let (mut shown, mut bytes, mut last) = (Vec::new(), 0, None);
        for row in rows.into_iter().take(size) {
            let row_key = key(&row);
            let message = show(row);
            bytes += message.encoded_len();
            if bytes > REPLY_BYTES && !shown.is_empty() {
                break;
            }
            shown.push(message);
            last = Some(row_key);
        }
        let token = last.filter(|_| shown.len() < count).map(|last| self.token(&last)).unwrap_or_default();
        (shown, token)
    }

    /// The token of the page that begins after `key`.
    pub fn token(&self, key: &K) -> String {
        let mut bytes = self.filters.to_be_bytes().to_vec();
        bytes.extend(serde_json::to_vec(key).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

fn digest(bytes: &[u8]) -> u64 {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    u64::from_be_bytes(first)
}
