//! What a request waits for, and for whom.

use govshare_model::calendar::Due;
use govshare_model::id::UnitId;
use govshare_model::{Role, Subject, Task, WaitsFor};

use super::case_file::{EscalationKind, Stage};
use super::{AccessRequest, Clock, State};

const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];
const EITHER: &[Role] = &[Role::Drafter, Role::Approver];
const OFFICE: &[Role] = &[Role::InfoOffice];
const GROUP: &[Role] = &[Role::WorkingGroup];

impl AccessRequest {
    /// Everything that waits; an ended case and a draft wait for nobody.
    pub fn tasks(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        match &self.state {
            State::AtInfoOffice => {
                tasks.push(self.for_the_district(
                    "forward",
                    ("转送申请或者协调处理", "forward the application or coordinate"),
                    "26",
                    OFFICE,
                    None,
                ));
            }
            State::Submitted { receipt } | State::Coordinated { receipt } => {
                let words = ("拟定答复", "propose the answer");
                tasks.extend(self.for_the_provider(
                    "propose-answer",
                    words,
                    "26",
                    DRAFTER,
                    None,
                    receipt.clock,
                ));
                tasks.extend(self.beside_the_answer(receipt.clock));
            }
            State::AnswerProposed { receipt, proposal } => {
                let words = ("审批并作出答复", "give the proposed answer");
                let not = Some(proposal.by.clone());
                tasks.extend(self.for_the_provider("answer", words, "26", APPROVER, not, receipt.clock));
                tasks.extend(self.beside_the_answer(receipt.clock));
            }
            State::SupplementRequested { .. } => tasks.push(self.task(
                "supplement",
                ("补正申请材料", "hand in what is missing"),
                "26",
                WaitsFor::Unit(self.applicant.clone()),
                EITHER,
            )),
            State::Objected { .. } => {
                let words = ("协调处理异议", "coordinate the objection");
                tasks.push(self.for_the_district("coordinate", words, "26(二)", GROUP, None));
                tasks.extend(self.for_the_city(None));
            }
            State::Refused { .. } | State::RefusalStands { .. } => tasks.extend(self.for_the_city(None)),
            State::Consented { .. } => {
                if let Some(provider) = &self.provider {
                    tasks.push(self.task(
                        "draft-agreement",
                        ("起草三方共享交换协议", "draft the agreement of the three parties"),
                        "26(一)",
                        WaitsFor::Unit(provider.clone()),
                        DRAFTER,
                    ));
                }
            }
            State::Draft | State::Settled { .. } | State::Withdrawn { .. } | State::Agreed { .. } => {}
        }
        tasks
    }

    /// What else waits while the clock runs.
    fn beside_the_answer(&self, clock: Clock) -> Vec<Task> {
        let mut tasks = Vec::new();
        if self.entry.is_none() {
            let words = ("确定所涉目录条目", "name the entry that the application is about");
            tasks.extend(self.for_the_provider("name-entry", words, "14", DRAFTER, None, clock));
        }
        if self.file.superior.as_ref().is_some_and(|matter| matter.stage == Stage::Liaison) {
            let words = ("记录上级机关意见", "record what the superior body says");
            tasks.extend(self.for_the_provider("superior-outcome", words, "27", EITHER, None, clock));
        }
        tasks.extend(self.for_the_city(Some(clock)));
        if self.file.extension.as_ref().is_some_and(|extension| extension.decision.is_none()) {
            let words = ("决定是否同意延期答复", "decide on the extension");
            tasks.push(self.for_the_district("decide-extension", words, "26", OFFICE, Some(clock)));
        }
        if self.overdue.is_some() && self.file.escalations.is_empty() {
            let words = ("催办逾期答复", "remind the provider of the overdue answer");
            tasks.push(self.for_the_district("remind", words, "26", OFFICE, Some(clock)));
        }
        if self.file.escalations.iter().any(|step| step.kind == EscalationKind::Report) {
            let words = ("协调督促逾期答复", "see to the overdue answer that was reported");
            tasks.push(self.for_the_district("urge", words, "7", GROUP, Some(clock)));
        }
        tasks
    }

    fn for_the_city(&self, clock: Option<Clock>) -> Option<Task> {
        let matter = self.file.superior.as_ref()?;
        let Stage::CityAsked { .. } = matter.stage else { return None };
        let words = ("记录市信息化主管单位协调结果", "record what the city's authority coordinated");
        Some(self.for_the_district("record-city", words, "27", OFFICE, clock))
    }

    fn for_the_provider(
        &self,
        kind: &'static str,
        words: (&'static str, &'static str),
        article: &'static str,
        roles: &'static [Role],
        not: Option<Subject>,
        clock: Clock,
    ) -> Option<Task> {
        let provider: UnitId = self.provider.clone()?;
        let task = self.task(kind, words, article, WaitsFor::Unit(provider), roles);
        Some(Task { not: not.into_iter().collect(), due: Some(clock.into()), ..task })
    }

    fn for_the_district(
        &self,
        kind: &'static str,
        words: (&'static str, &'static str),
        article: &'static str,
        roles: &'static [Role],
        clock: Option<Clock>,
    ) -> Task {
        let task = self.task(kind, words, article, WaitsFor::District, roles);
        Task { due: clock.map(Due::from), ..task }
    }

    fn task(
        &self,
        kind: &'static str,
        (zh, en): (&'static str, &'static str),
        article: &'static str,
        waits_for: WaitsFor,
        roles: &'static [Role],
    ) -> Task {
        let title = self.entry.as_ref().map_or(self.wanted.as_str(), |entry| entry.title.as_str());
        let subject = format!("{} {title}", self.number);
        Task { kind, zh, en, subject, article, waits_for, roles, not: Vec::new(), due: None }
    }
}

impl From<Clock> for Due {
    fn from(clock: Clock) -> Self {
        Due { date: clock.due, provisional: clock.provisional }
    }
}
