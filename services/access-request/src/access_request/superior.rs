//! A resource that the provider's superior body manages (art. 27): beside the state, while the clock runs on.

use govshare_model::Actor;
use govshare_model::calendar::Calendar;
use govshare_model::pack::Pack;
use time::OffsetDateTime;

use super::case_file::{Contested, Stage, SuperiorMatter};
use super::{AccessRequest, Happened, Rejection, State, Statement, Transition};

impl AccessRequest {
    /// The provider asks its superior body (积极与上级机关联系).
    pub fn start_liaison(
        mut self,
        body: String,
        statement: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.open()?;
        if self.file.superior.is_some() {
            return Err(Rejection::LiaisonExists);
        }
        let liaison = Statement::new(statement, by, now);
        self.file.superior =
            Some(SuperiorMatter { body, liaison, stage: Stage::Liaison, document_number: String::new() });
        let state = self.state.clone();
        Ok(self.become_state(state, Happened::LiaisonStarted, now))
    }

    /// The superior body provides the resource: the provider may consent.
    pub fn superior_consents(
        self,
        outcome: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.open()?;
        let matter = self.matter()?;
        let Stage::Liaison = matter.stage else {
            return Err(Rejection::SuperiorNotIn { stage: matter.stage.name() });
        };
        let stage = Stage::Obtained { outcome: Statement::new(outcome, by, now) };
        Ok(self.at_stage(stage, Happened::SuperiorConsented, now))
    }

    /// The superior body does not: applicant and info office are told in writing (应当书面说明情况).
    pub fn superior_refuses(
        self,
        statement: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.open()?;
        let matter = self.matter()?;
        let Stage::Liaison = matter.stage else {
            return Err(Rejection::SuperiorNotIn { stage: matter.stage.name() });
        };
        if matter.started_by(&by.subject) {
            return Err(Rejection::SelfApproval);
        }
        let stage = Stage::Refused { statement: Statement::new(statement, by, now) };
        Ok(self.at_stage(stage, Happened::SuperiorRefused, now))
    }

    /// The info office asks the city's authority to coordinate (报请市信息化主管单位协调解决).
    pub fn ask_city(self, text: String, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        self.check_city_may_coordinate()?;
        let matter = self.matter()?;
        let Stage::Refused { statement } = &matter.stage else {
            return Err(Rejection::SuperiorNotIn { stage: matter.stage.name() });
        };
        let statement = statement.clone();
        let stage = Stage::CityAsked { statement, request: Statement::new(text, by, now) };
        Ok(self.at_stage(stage, Happened::CityAsked, now))
    }

    /// What the city's authority coordinated. A case that was refused meanwhile is answered anew.
    pub fn city_coordinated(
        mut self,
        provided: bool,
        text: String,
        pack: &Pack,
        calendar: &Calendar,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let matter = self.matter()?;
        let Stage::CityAsked { statement, request } = &matter.stage else {
            return Err(Rejection::SuperiorNotIn { stage: matter.stage.name() });
        };
        let (statement, request) = (statement.clone(), request.clone());
        let outcome = Statement::new(text, by, now);
        self.check_city_may_coordinate()?;
        if !provided {
            let stage = Stage::CityRefused { statement, request, outcome };
            return Ok(self.at_stage(stage, Happened::CityRefused, now));
        }
        let coordination = outcome.clone();
        let stage = Stage::CityObtained { statement, request, outcome };
        let (receipt, answer, objection) = match &self.state {
            State::Refused { receipt, answer } => (receipt.clone(), answer.clone(), None),
            State::Objected { receipt, answer, objection }
            | State::RefusalStands { receipt, answer, objection, .. } => {
                (receipt.clone(), answer.clone(), Some(objection.clone()))
            }
            State::Submitted { .. } | State::AnswerProposed { .. } | State::Coordinated { .. } => {
                return Ok(self.at_stage(stage, Happened::CityObtained, now));
            }
            other => return Err(Rejection::WrongState { state: other.name() }),
        };
        self.set_stage(stage);
        let due = receipt.clock.due;
        let contested = Contested { answer, due, overdue: self.overdue, objection, coordination };
        self.answer_anew(receipt, contested, Happened::CityObtained, pack, calendar, now)
    }

    /// While the case is open or refused; with consent, withdrawal or supplement there is nothing to coordinate.
    fn check_city_may_coordinate(&self) -> Result<(), Rejection> {
        match &self.state {
            State::Submitted { .. }
            | State::AnswerProposed { .. }
            | State::Coordinated { .. }
            | State::Refused { .. }
            | State::Objected { .. }
            | State::RefusalStands { .. } => Ok(()),
            other => Err(Rejection::WrongState { state: other.name() }),
        }
    }

    fn matter(&self) -> Result<&SuperiorMatter, Rejection> {
        self.file.superior.as_ref().ok_or(Rejection::SuperiorNotIn { stage: "NONE" })
    }

    fn set_stage(&mut self, stage: Stage) {
        if let Some(matter) = &mut self.file.superior {
            matter.stage = stage;
        }
    }

    fn at_stage(mut self, stage: Stage, happened: Happened, now: OffsetDateTime) -> Transition {
        self.set_stage(stage);
        let state = self.state.clone();
        self.become_state(state, happened, now)
    }
}
