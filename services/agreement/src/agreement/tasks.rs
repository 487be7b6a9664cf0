//! Whom an agreement waits for in each of its states.

use govshare_model::Role;
use govshare_model::calendar::Due;
use govshare_model::id::UnitId;
use govshare_model::task::{Task, WaitsFor};
use time::Date;

use super::lifecycle::{End, Suspension, Termination};
use super::warning::{EntryWarning, Withdrawn};
use super::{Agreement, DocumentKind, Signature, State};

const SIGNATORY: &[Role] = &[Role::Signatory];
const APPROVER: &[Role] = &[Role::Approver];
const OFFICE: &[Role] = &[Role::InfoOffice];
const USERS: &[Role] = &[Role::Drafter, Role::Approver];

impl Agreement {
    /// All that waits now.
    pub fn tasks(&self) -> Vec<Task> {
        let mut tasks = match &self.state {
            State::AwaitingSignatures { signatures } => self.signatures_missing(signatures),
            State::Active { .. } | State::Cancelled { .. } => Vec::new(),
            State::Suspended { suspension, .. } => self.after_suspension(suspension),
            State::Ended { end, .. } => self.after_end(end),
        };
        tasks.extend(self.warning.as_ref().map(|warning| self.heed(warning)));
        tasks
    }

    fn heed(&self, warning: &EntryWarning) -> Task {
        let what = match warning.withdrawn {
            Withdrawn::Suspended => (
                "heed-suspended-entry",
                "协议所依据的目录条目已暂停，请核对所用信息",
                "the entry that the agreement rests on is suspended: check what you use of it",
            ),
            Withdrawn::Retired => (
                "heed-retired-entry",
                "协议所依据的目录条目已注销，请另行安排所需信息",
                "the entry that the agreement rests on is retired: arrange for what you need of it",
            ),
        };
        self.task(what, "16", self.user(), USERS, None)
    }

    fn signatures_missing(&self, signatures: &[Signature]) -> Vec<Task> {
        let mut tasks = Vec::new();
        for document in &self.documents {
            for unit in &document.signatories {
                if signatures.iter().any(|s| s.kind == document.kind && s.unit == *unit) {
                    continue;
                }
                let (kind, zh, en, article) = self.signing(document.kind, unit);
                let waits_for = WaitsFor::Unit(unit.clone());
                tasks.push(self.task((kind, zh, en), article, waits_for, SIGNATORY, None));
            }
        }
        tasks
    }

    fn signing(
        &self,
        document: DocumentKind,
        unit: &UnitId,
    ) -> (&'static str, &'static str, &'static str, &'static str) {
        let as_applicant = *unit == self.parties.applicant;
        match document {
            DocumentKind::Agreement => {
                let kind = if as_applicant {
                    "sign-as-applicant"
                } else if *unit == self.parties.provider {
                    "sign-as-provider"
                } else {
                    "sign-as-info-office"
                };
                (kind, "签署三方共享交换协议", "sign the agreement", "26(一)")
            }
            DocumentKind::Confidentiality => {
                let kind = if as_applicant {
                    "sign-confidentiality-as-applicant"
                } else {
                    "sign-confidentiality-as-provider"
                };
                (kind, "签署安全保密协议", "sign the confidentiality agreement", "31")
            }
        }
    }

    fn after_suspension(&self, suspension: &Suspension) -> Vec<Task> {
        let until = suspension.mend_until;
        let user = self.user();
        let mend = ("mend", "改正问题，恢复共享", "mend what is wrong, so that sharing resumes");
        let decide = ("decide-suspension", "恢复或者终止协议", "resume or terminate the agreement");
        let (who, roles) = if suspension.unit == self.parties.provider {
            (WaitsFor::Unit(suspension.unit.clone()), APPROVER)
        } else {
            (WaitsFor::District, OFFICE)
        };
        vec![self.task(mend, "23", user, USERS, until), self.task(decide, "23", who, roles, until)]
    }

    fn after_end(&self, end: &End) -> Vec<Task> {
        let mut tasks = Vec::new();
        if let Some(duty) = end.duty().filter(|duty| duty.attestation.is_none()) {
            let attest = ("attest-disposal", "申明所获信息的处置情况", "attest what became of the copies");
            tasks.push(self.task(attest, "23", self.user(), APPROVER, Some(duty.due)));
        }
        match end {
            End::Terminated {
                termination: Termination { filing_required: true, filed: None, .. }, ..
            } => {
                let file = ("file-termination", "办理终止备案", "put the termination on file");
                tasks.push(self.task(file, "26(一)", WaitsFor::District, OFFICE, None));
            }
            End::Expired { .. } | End::Terminated { .. } | End::Replaced { .. } => {}
        }
        tasks
    }

    fn user(&self) -> WaitsFor {
        WaitsFor::Unit(self.parties.applicant.clone())
    }

    fn task(
        &self,
        (kind, zh, en): (&'static str, &'static str, &'static str),
        article: &'static str,
        waits_for: WaitsFor,
        roles: &'static [Role],
        due: Option<Date>,
    ) -> Task {
        // These terms are days of the calendar, so that no holiday notice can change them.
        let due = due.map(|date| Due { date, provisional: false });
        let subject = self.case_number.clone();
        Task { kind, zh, en, subject, article, waits_for, roles, not: Vec::new(), due }
    }
}
