//! The measures of article 32 over what was counted: rates in basis points, whole numbers only, so that they come out
//! alike everywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::indicators::Indicator;

/// What was counted for a unit in a period, and of stocks what there was at its end.
pub type Figures = BTreeMap<Indicator, i64>;

/// A whole in basis points.
pub const WHOLE: u16 = 10_000;

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $zh:literal, $en:literal);+ $(;)?) => {
        /// What a unit is measured by; the text form is the one of weights and stored results.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Measure { $($(#[$doc])* #[serde(rename = $text)] $name),+ }

        impl Measure {
            pub const ALL: &'static [Measure] = &[$(Measure::$name),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Measure::$name => $text),+ }
            }

            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Measure::$name),)+ _ => None }
            }

            pub fn chinese(self) -> &'static str {
                match self { $(Measure::$name => $zh),+ }
            }

            pub fn english(self) -> &'static str {
                match self { $(Measure::$name => $en),+ }
            }
        }
    };
}

measures! {
    /// Of the entries compiled, those listed (art. 16).
    Completeness = "completeness", "目录完整性", "completeness of the catalogue";
    /// Of the updates, those that were not late (art. 19).
    UpdateTimeliness = "update-timeliness", "更新及时性", "timeliness of updates";
    /// Of the requests that were answered or fell due, those answered by the last day (art. 26).
    AnswerTimeliness = "answer-timeliness", "答复及时性", "timeliness of answers";
    /// Of the answers, the refusals: the fewer, the better.
    Refusals = "refusals", "不同意率", "rate of refusals";
    /// Of the refusals, those objected to: the fewer, the better.
    Objections = "objections", "异议率", "rate of objections";
    /// Of the entries listed, those that others may have (art. 24).
    Degree = "degree", "共享程度", "degree of sharing";
    /// Deliveries given and taken, of the number that the scheme calls full.
    Use = "use", "共享应用", "use of sharing";
    /// Of the feedback received, that answered and not late (art. 28).
    FeedbackHandling = "feedback-handling", "反馈处理", "handling of feedback";
    /// Whether a self-evaluation was accepted (art. 32).
    SelfEvaluation = "self-evaluation", "自评估", "self-evaluation";
}

impl Measure {
    /// The rate in basis points; `None` where there was nothing to measure. `full_use` is the number of deliveries that
    /// makes the use of a unit full.
    pub fn rate(self, figures: &Figures, full_use: u32) -> Option<u16> {
        use Indicator::*;
        let of = |indicator| figures.get(&indicator).copied().unwrap_or_default().max(0);
        let (part, whole) = match self {
            Self::Completeness => (of(ListedEntries), of(CompiledEntries)),
            Self::UpdateTimeliness => {
                let (updates, late) = (of(DataUpdates), of(LateUpdates));
                ((updates - late).max(0), updates.max(late))
            }
            Self::AnswerTimeliness => (of(AnsweredInTime), of(AnsweredInTime) + of(Overdue)),
            Self::Refusals => (of(Refusals), of(Refusals) + of(Consents)),
            Self::Objections => (of(Objections), of(Refusals)),
            Self::Degree => (of(SharedEntries), of(ListedEntries)),
            Self::Use => (of(DeliveriesGiven) + of(DeliveriesTaken), i64::from(full_use)),
            Self::FeedbackHandling => (of(FeedbackAnsweredInTime), of(FeedbackReceived)),
            Self::SelfEvaluation => (of(SelfEvaluations), 1),
        };
        (whole > 0).then(|| basis_points(part, whole))
    }

    /// What a rate is worth, in basis points.
    pub fn score(self, rate: u16) -> u16 {
        match self {
            Self::Refusals | Self::Objections => WHOLE - rate,
            Self::Completeness
            | Self::UpdateTimeliness
            | Self::AnswerTimeliness
            | Self::Degree
            | Self::Use
            | Self::FeedbackHandling
            | Self::SelfEvaluation => rate,
        }
    }
}

/// `part` of `whole`, cut to between nothing and all of it.
fn basis_points(part: i64, whole: i64) -> u16 {
    let part = i128::from(part.clamp(0, whole)) * i128::from(WHOLE) / i128::from(whole);
    u16::try_from(part).unwrap_or(WHOLE)
}
