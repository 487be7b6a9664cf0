//! Why a step of a catalogue entry is refused.

use super::content::Sharing;
use crate::classification::code::ResourceCode;

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The entry's state does not allow the step.
    WrongState {
        state: &'static str,
    },
    /// The version's state does not allow the step.
    WrongVersionState {
        state: &'static str,
    },
    NoSuchVersion {
        number: i32,
    },
    /// The version has not passed the secrecy review (art. 16).
    NotReviewed {
        state: &'static str,
    },
    /// The version does not say what review and publication need.
    Incomplete {
        missing: Vec<&'static str>,
        article: String,
    },
    /// Who wrote the version approves or publishes it.
    SelfApproval,
    /// The reviewer saw other content.
    OtherContent,
    /// The info office has not approved the version, as the pack asks.
    NotApproved,
    /// The text in force knows no such sharing class: what cannot be shared is not listed but explained.
    ClassUnknown {
        sharing: Sharing,
        article: String,
    },
    /// The pack asks for no review by the info office.
    NoAuthorityReview {
        state: &'static str,
    },
    /// The entry has a code of another node.
    HasCode {
        code: ResourceCode,
    },
}
