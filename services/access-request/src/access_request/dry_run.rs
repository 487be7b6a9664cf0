//! What another pack would have made of an open case: tried, never done.

use govshare_model::calendar::{Calendar, Due, shanghai_date};
use govshare_model::id::CaseId;
use govshare_model::pack::Pack;
use time::{Date, OffsetDateTime};

use super::submission::clock_days;
use super::{AccessRequest, Receipt, Rejection};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub id: CaseId,
    pub number: String,
    /// Pack of the receipt.
    pub pack: String,
    pub due: Date,
    /// None where the pack takes no such application.
    pub other_due: Option<Due>,
    pub missing: Vec<&'static str>,
    pub not_taken: Option<Rejection>,
}

impl AccessRequest {
    /// How this case would differ, had its clock started under `pack`; `None` where it is not open or would not.
    pub fn under(&self, pack: &Pack, calendar: &Calendar) -> Option<Difference> {
        let receipt = self.state.open()?;
        let missing = self.form.missing(pack);
        let (other_due, not_taken) = match clock_days(pack, receipt.class) {
            Ok(days) => (Some(self.due_under(pack, calendar, receipt, days)), None),
            Err(rejection) => (None, Some(rejection)),
        };
        let same = other_due.is_some_and(|due| due.date == receipt.clock.due) && missing.is_empty();
        (!same).then(|| Difference {
            id: self.id,
            number: self.number.clone(),
            pack: format!("{}/{}", receipt.pack, receipt.pack_version),
            due: receipt.clock.due,
            other_due,
            missing,
            not_taken,
        })
    }

    fn due_under(&self, pack: &Pack, calendar: &Calendar, receipt: &Receipt, days: u16) -> Due {
        let restarted = self.clock_restarted();
        let due = calendar.add_working_days(shanghai_date(restarted.unwrap_or(receipt.at)), days);
        // An extension moved the end of the clock that ran then, not of one that started since.
        let granted = self.file.extension.as_ref().filter(|extension| {
            let decision = extension.decision.as_ref();
            let holds = |at| restarted.is_none_or(|restarted| at > restarted);
            decision.is_some_and(|decision| decision.granted && holds(decision.statement.at))
        });
        let longer = granted
            .map_or(0, |extension| extension.working_days.min(pack.clock.extension_working_days.value));
        let extended = calendar.add_working_days(due.date, longer);
        Due { provisional: due.provisional || extended.provisional, ..extended }
    }

    /// When an answer anew or a supplement started another clock than that of the receipt.
    fn clock_restarted(&self) -> Option<OffsetDateTime> {
        let anew = self.file.contested.last().map(|earlier| earlier.coordination.at);
        let supplemented = self.file.supplements.last().map(|supplement| supplement.answer.at);
        anew.max(supplemented)
    }
}
