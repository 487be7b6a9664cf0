//! Who leads a shared database where the text does not say it: the info office settles it with those concerned, the
//! working group approves (art. 12(十九)).

use std::collections::BTreeSet;

use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;

use super::shared_database::{Happened, Lead, Record, Rejection, SharedDatabase, Transition};

/// Leads that are to take the place of those of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub leads: Vec<Lead>,
    /// What they rest on.
    pub basis: String,
    pub by: Subject,
    /// Who wrote at it before, until the working group approves.
    pub also_by: BTreeSet<Subject>,
    /// Why the working group gave them back, until they are proposed anew.
    pub returned: Option<String>,
}

/// Whether a basis is one of the clauses of art. 12 that name the lead themselves: `12(三)`, `第十二条（三）`.
pub(super) fn names_the_lead(basis: &str) -> bool {
    const CLAUSES: [&str; 18] = [
        "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五",
        "十六", "十七", "十八",
    ];
    let plain = basis.replace(['第', '条', '项', ' '], "").replace('（', "(").replace('）', ")");
    let clause = plain.strip_prefix("12(").or_else(|| plain.strip_prefix("十二("));
    clause.and_then(|clause| clause.strip_suffix(')')).is_some_and(|clause| CLAUSES.contains(&clause))
}

impl Proposal {
    /// The leads of a record for the working group, in the place of a proposal that it has not approved; the record itself
    /// has none of them yet.
    pub(super) fn of(record: &Record, by: &Actor, former: Option<&Self>) -> Self {
        let (leads, basis, by) = (record.leads.clone(), record.basis.clone(), by.subject.clone());
        let also_by = former.into_iter().flat_map(Self::writers).filter(|writer| **writer != by);
        let also_by = also_by.cloned().collect();
        Self { leads, basis, by, also_by, returned: None }
    }

    fn writers(&self) -> impl Iterator<Item = &Subject> {
        std::iter::once(&self.by).chain(&self.also_by)
    }
}

impl SharedDatabase {
    pub fn state(&self) -> &'static str {
        match &self.proposal {
            None => "REGISTERED",
            Some(Proposal { returned: None, .. }) => "PROPOSED",
            Some(Proposal { returned: Some(_), .. }) => "RETURNED",
        }
    }

    /// The working group approves the proposed leads, which lead from then on as their days say.
    pub fn approve_leads(mut self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let Proposal { leads, basis, .. } = self.proposed(Some(by))?;
        self.record.leads = leads;
        self.record.basis = basis;
        self.proposal = None;
        Ok(self.changed(Happened::LeadsApproved, now))
    }

    /// The working group gives the proposed leads back; those of the record stay.
    pub fn return_leads(mut self, reasons: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let proposal = self.proposed(None)?;
        self.proposal = Some(Proposal { returned: Some(reasons), ..proposal });
        Ok(self.changed(Happened::LeadsReturned, now))
    }

    /// The proposal that waits for the working group, for somebody else than who wrote at it.
    fn proposed(&self, approver: Option<&Actor>) -> Result<Proposal, Rejection> {
        match &self.proposal {
            Some(proposal) if proposal.returned.is_none() => {
                if approver
                    .is_some_and(|approver| proposal.writers().any(|writer| *writer == approver.subject))
                {
                    return Err(Rejection::SelfApproval);
                }
                Ok(proposal.clone())
            }
            Some(_) | None => Err(Rejection::WrongState { state: self.state() }),
        }
    }

    /// What the proposal waits for.
    pub fn tasks(&self) -> Vec<Task> {
        let Some(proposal) = &self.proposal else { return Vec::new() };
        let (kind, zh, en, roles, not): (_, _, _, &[Role], _) = match &proposal.returned {
            None => (
                "approve-leads",
                "审批共享数据库的牵头单位",
                "decide on the leads of the shared database",
                &[Role::WorkingGroup],
                proposal.writers().cloned().collect(),
            ),
            Some(_) => (
                "propose-leads",
                "重新协商确定共享数据库的牵头单位",
                "settle the leads of the shared database anew",
                &[Role::InfoOffice],
                Vec::new(),
            ),
        };
        let (subject, waits_for) = (self.record.name.clone(), WaitsFor::District);
        vec![Task { kind, zh, en, subject, article: "12(十九)", waits_for, roles, not, due: None }]
    }
}
