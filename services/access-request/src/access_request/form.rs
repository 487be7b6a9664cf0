//! The application form (申请单) and what a pack asks of it.

use govshare_model::pack::{ApplicationField, DeliveryMode, Pack};
use time::Date;

use super::{Rejection, Resource};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    pub purpose: String,
    /// 使用场景, which national rules ask for where this district's ask for a purpose.
    pub scenario: String,
    pub basis: String,
    /// Items asked for; empty means all.
    pub items: Vec<String>,
    pub mode: Option<DeliveryMode>,
    pub delivery: String,
    pub use_until: Option<Date>,
}

impl Form {
    /// Fields that `pack` asks for and the form leaves empty.
    pub(super) fn missing(&self, pack: &Pack) -> Vec<&'static str> {
        // Words alone say a mode only where the parties may agree on any.
        let said = self.mode.is_some()
            || (!self.delivery.is_empty() && pack.delivery.modes.value.contains(&DeliveryMode::AsAgreed));
        let required = pack.application.required.value.iter();
        required
            .filter_map(|field| match field {
                ApplicationField::Purpose => {
                    (self.purpose.is_empty() && self.scenario.is_empty()).then_some("form.purpose")
                }
                ApplicationField::Scenario => self.scenario.is_empty().then_some("form.scenario"),
                ApplicationField::Basis => self.basis.is_empty().then_some("form.basis"),
                // No item named means the whole resource: the scope is always stated.
                ApplicationField::Scope => None,
                ApplicationField::Mode => (!said).then_some("form.mode"),
                ApplicationField::Term => self.use_until.is_none().then_some("form.use_until"),
            })
            .collect()
    }

    /// Whether it is complete under `pack` and fits the resource, where one is known; every fault is told.
    pub(super) fn check(
        &self,
        pack: &Pack,
        resource: Option<&Resource>,
        today: Date,
    ) -> Result<(), Rejection> {
        let required = pack.cite(&pack.application.required.article);
        let missing = self.missing(pack).into_iter();
        let mut faults: Vec<_> = missing.map(|field| Fault::of(field, Wrong::Missing, &required)).collect();
        let modes = &pack.delivery.modes;
        if self.mode.is_some_and(|mode| !modes.value.contains(&mode)) {
            faults.push(Fault::of("form.mode", Wrong::ModeNotListed, &pack.cite(&modes.article)));
        }
        if self.use_until.is_some_and(|last| last <= today) {
            faults.push(Fault::of("form.use_until", Wrong::TermPassed, &required));
        }
        let known = resource.map(|resource| resource.items.as_slice()).unwrap_or_default();
        let unknown = self.items.iter().filter(|item| !known.is_empty() && !known.contains(item));
        faults.extend(unknown.map(|item| Fault::of("form.items", Wrong::NoSuchItem(item.clone()), STANDARD)));
        if faults.is_empty() { Ok(()) } else { Err(Rejection::FormFaulty { faults, pack: pack.id.clone() }) }
    }
}

/// The catalogue is the standard by which resources are provided and used, under every pack.
const STANDARD: &str = "14";

/// What is wrong with one field of a form, and the article of the pack that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: &'static str,
    pub wrong: Wrong,
    pub article: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    Missing,
    /// A mode of delivery that the pack does not list.
    ModeNotListed,
    /// The last day of use is not after the day of application.
    TermPassed,
    /// An item that the entry does not have.
    NoSuchItem(String),
}

impl Fault {
    fn of(field: &'static str, wrong: Wrong, article: &str) -> Self {
        Self { field, wrong, article: article.to_owned() }
    }
}
