//! Why a step is not possible.

use super::form::Fault;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The step needs another state.
    WrongState {
        state: &'static str,
    },
    /// The request is not open: not received, answered or withdrawn.
    NotOpen {
        state: &'static str,
    },
    /// The form lacks what the pack asks for, or does not fit it or the entry.
    FormFaulty {
        faults: Vec<Fault>,
        pack: String,
    },
    ResourceNotPublished {
        state: &'static str,
    },
    /// The resource is shared actively: no application is needed (art. 24, 25).
    SharedActively,
    /// The resource is listed as not shared.
    NotShared,
    OwnResource,
    /// The entry is another unit's than the provider's.
    EntryOfOtherUnit,
    /// A consent needs an entry (art. 14).
    EntryNotNamed,
    AnswerNotProposed {
        state: &'static str,
    },
    /// Another kind of answer was proposed than the one to be given.
    OtherAnswerProposed,
    SelfApproval,
    /// The pack wants another person to hand in what one drafted.
    OwnDraft,
    ApproverSubmits {
        pack: String,
        article: String,
    },
    ReasonsMissing,
    ExtraConditions {
        pack: String,
        article: String,
    },
    SupplementFirst {
        pack: String,
        article: String,
    },
    SupplementNotAllowed {
        pack: String,
        article: String,
        times: u8,
    },
    ExtensionNotAllowed {
        pack: String,
        article: String,
        days: u16,
    },
    ExtensionTooLong {
        days: u16,
        article: String,
    },
    ExtensionNotAsked,
    /// The last day for the answer has passed.
    LastDayPassed,
    LiaisonExists,
    /// The matter with the superior body is not where the step needs it (art. 27).
    SuperiorNotIn {
        stage: &'static str,
    },
    /// The case has another agreement.
    OtherAgreement,
    NotRenewable {
        state: &'static str,
    },
    /// A paper application is not from the future, nor too old.
    ReceiptDayWrong,
    /// No policy pack is in force on the day, or it knows no application for this class.
    NoPolicy,
    /// The request is not open or its last day has not passed.
    NotOverdue,
    /// As `NotOverdue`, to somebody who wants to escalate.
    NothingOverdue {
        state: &'static str,
    },
    EscalatedEnough,
}
