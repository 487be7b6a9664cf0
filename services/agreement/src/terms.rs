//! What the parties agree, and what of it cannot stand.

use govshare_model::pack::DeliveryMode;
use serde::{Deserialize, Serialize};
use time::Date;

use crate::case::Matter;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Agreed purpose (art. 23).
    pub purpose: String,
    /// Items in scope; empty means the whole resource.
    pub items: Vec<String>,
    pub delivery: String,
    /// `None`: `delivery` says it in words.
    pub delivery_mode: Option<DeliveryMode>,
    /// In words; empty where `delivery` says it.
    pub frequency: String,
    /// What the applicant gives in turn (art. 21).
    pub give_back: Vec<GiveBack>,
    /// First day, Asia/Shanghai.
    pub valid_from: Date,
    /// Last day, Asia/Shanghai, inclusive.
    pub valid_until: Date,
    /// What becomes of kept copies after the end (art. 23).
    pub retention: String,
    /// Days after the end within which the user attests what became of them; 0 where those who draft leave it to the
    /// pack, never in an agreement.
    pub disposal_days: u16,
}

/// Information that the applicant gives in turn, in the agreed time and scope (art. 21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiveBack {
    pub what: String,
    pub scope: String,
    pub time: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermsProblem {
    EndsBeforeStart,
    /// The last day of validity has passed.
    Over,
    /// Not among the items asked for.
    NotAskedFor {
        item: String,
    },
    /// The whole resource was not asked for.
    WholeNotAskedFor,
    /// Not an item of the entry.
    Unknown {
        item: String,
    },
    /// The pack does not know this way of delivery.
    ModeNotAllowed,
    /// A replacement that begins after today leaves days without any agreement.
    StartsLater,
    /// A renewal that does not last longer than what it renews.
    NoLonger,
}

impl Terms {
    /// All that is wrong with them for a case and the resource it is about.
    pub fn problems(&self, matter: &Matter<'_>, today: Date) -> Vec<TermsProblem> {
        let Matter { case, resource, .. } = matter;
        let mut problems = Vec::new();
        if self.valid_until < self.valid_from {
            problems.push(TermsProblem::EndsBeforeStart);
        }
        if self.valid_until < today {
            problems.push(TermsProblem::Over);
        }
        let modes = &matter.pack.delivery.modes.value;
        if self.delivery_mode.is_some_and(|mode| !modes.contains(&mode)) {
            problems.push(TermsProblem::ModeNotAllowed);
        }
        let asked = if case.in_words { &[] } else { case.items.as_slice() };
        if self.items.is_empty() && !asked.is_empty() {
            problems.push(TermsProblem::WholeNotAskedFor);
        }
        for item in &self.items {
            if !asked.is_empty() && !asked.contains(item) {
                problems.push(TermsProblem::NotAskedFor { item: item.clone() });
            } else if !resource.items.is_empty() && !resource.items.contains(item) {
                problems.push(TermsProblem::Unknown { item: item.clone() });
            }
        }
        problems
    }
}
