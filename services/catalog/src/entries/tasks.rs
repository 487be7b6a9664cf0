//! Whom an entry waits for (art. 16): drafts and open reviews are told of elsewhere, or by nobody.

use govshare_model::Role;
use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::pack::Pack;
use govshare_model::task::{Task, WaitsFor};

use super::entry::{Entry, State, VersionState};

impl Entry {
    /// What the entry waits for under `pack`, if one is in force; days are counted by `calendar`.
    pub fn tasks(&self, pack: Option<&Pack>, calendar: &Calendar) -> Vec<Task> {
        let task = |kind, zh, en, waits_for, roles| Task {
            kind,
            zh,
            en,
            subject: self.latest.title.clone(),
            article: "16",
            waits_for,
            roles,
            not: self.latest.writers().cloned().collect(),
            due: None,
        };
        let own = || WaitsFor::Unit(self.provider.clone());
        let authority = pack.filter(|pack| pack.entry.authority_review.value);
        match (&self.state, &self.latest.state, authority) {
            (State::Retired { .. }, _, _) => Vec::new(),
            (_, VersionState::Rejected { .. }, _) => {
                let en = "revise the entry that was not passed";
                let revise = task("revise", "修改未通过的目录条目", en, own(), &[Role::Drafter]);
                vec![Task { not: Vec::new(), ..revise }]
            }
            (_, VersionState::Registered { .. }, Some(pack)) => {
                let days = pack.entry.authority_review_working_days.as_ref();
                let registered = shanghai_date(self.updated);
                let due = days.map(|days| calendar.add_working_days(registered, days.value));
                let en = "review the registered entry";
                let approve =
                    task("approve", "审核登记的目录条目", en, WaitsFor::District, &[Role::InfoOffice]);
                vec![Task { due, ..approve }]
            }
            (_, VersionState::Registered { .. } | VersionState::Approved { .. }, _) => {
                vec![task("publish", "发布目录条目", "publish the entry", own(), &[Role::Approver])]
            }
            (
                _,
                VersionState::Draft
                | VersionState::InReview { .. }
                | VersionState::Published { .. }
                | VersionState::Superseded { .. },
                _,
            ) => Vec::new(),
        }
    }
}
