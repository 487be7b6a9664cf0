//! What the parties agree, and what of it cannot stand.

use time::Date;

use crate::case::{Case, Resource};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Agreed purpose (art. 23).
    pub purpose: String,
    /// Items in scope; empty means the whole resource.
    pub items: Vec<String>,
    pub delivery: String,
    /// First day, Asia/Shanghai.
    pub valid_from: Date,
    /// Last day, Asia/Shanghai, inclusive.
    pub valid_until: Date,
    /// What becomes of kept copies after the end (art. 23).
    pub retention: String,
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
}

impl Terms {
    /// All that is wrong with them for a case and the resource it is about.
    pub fn problems(&self, case: &Case, resource: &Resource, today: Date) -> Vec<TermsProblem> {
        let mut problems = Vec::new();
        if self.valid_until < self.valid_from {
            problems.push(TermsProblem::EndsBeforeStart);
        }
        if self.valid_until < today {
            problems.push(TermsProblem::Over);
        }
        if self.items.is_empty() && !case.items.is_empty() {
            problems.push(TermsProblem::WholeNotAskedFor);
        }
        for item in &self.items {
            if !case.items.is_empty() && !case.items.contains(item) {
                problems.push(TermsProblem::NotAskedFor { item: item.clone() });
            } else if !resource.items.is_empty() && !resource.items.contains(item) {
                problems.push(TermsProblem::Unknown { item: item.clone() });
            }
        }
        problems
    }
}
