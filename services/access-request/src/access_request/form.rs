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

    /// Whether it is complete under `pack` and fits the resource, where one is known.
    pub(super) fn check(
        &self,
        pack: &Pack,
        resource: Option<&Resource>,
        today: Date,
    ) -> Result<(), Rejection> {
        let missing = self.missing(pack);
        if !missing.is_empty() {
            let article = pack.cite(&pack.application.required.article);
            return Err(Rejection::FormIncomplete { missing, pack: pack.id.clone(), article });
        }
        let modes = &pack.delivery.modes;
        if self.mode.is_some_and(|mode| !modes.value.contains(&mode)) {
            return Err(Rejection::UnknownMode { pack: pack.id.clone(), article: pack.cite(&modes.article) });
        }
        if self.use_until.is_some_and(|last| last <= today) {
            return Err(Rejection::TermPassed);
        }
        let known = resource.map(|resource| resource.items.as_slice()).unwrap_or_default();
        let unknown: Vec<_> = self.items.iter().filter(|item| !known.contains(item)).cloned().collect();
        if !known.is_empty() && !unknown.is_empty() {
            return Err(Rejection::UnknownItems { items: unknown });
        }
        Ok(())
    }
}
