//! Between contract and log.

use govshare_proto::audit::v1 as pb;
use service_kit::Failure;
use service_kit::event::Leaf;
use service_kit::validate::time_to_proto;

use crate::leaf;
use crate::store::{Found, Stored};

/// Leaves of one reply, in bytes: a reply carries each twice, as it is and taken apart, and stays under 4 MiB.
const REPLY_BYTES: i64 = 1 << 20;

/// What a stored leaf says.
pub fn read(stored: &Stored) -> Result<Leaf, Failure> {
    serde_json::from_slice(&stored.leaf)
        .map_err(|error| Failure::internal(format!("leaf {}: {error}", stored.position)))
}

/// A stored event with what its leaf says.
pub fn to_proto(stored: Stored, leaf: Leaf) -> Result<pb::Event, Failure> {
    Ok(pb::Event {
        position: stored.position,
        leaf: stored.leaf,
        occur_time: Some(time_to_proto(leaf::moment(&leaf.time).map_err(Failure::internal)?)),
        aggregate: leaf.aggregate,
        aggregate_version: leaf.version,
        r#type: leaf.kind,
        case_id: leaf.case,
        actor_unit_id: leaf.unit,
        service: leaf.service,
        state: leaf.state,
        article: leaf.article,
        attributes: leaf.attributes,
    })
}

/// Cuts `found` (of which one more than `size` was asked for) to what one reply carries, at least one event; and
/// whether more follow.
pub fn cut(mut found: Vec<Found>, size: i64) -> (Vec<Found>, bool) {
    let mut bytes = 0;
    let fitting = found
        .iter()
        .take(usize::try_from(size).unwrap_or(usize::MAX))
        .take_while(|event| {
            let fits = bytes < REPLY_BYTES;
            bytes += i64::from(event.bytes);
            fits
        })
        .count();
    let more = fitting < found.len();
    found.truncate(fitting);
    (found, more)
}
