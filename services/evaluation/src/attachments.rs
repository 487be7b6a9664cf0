//! Papers of the written procedures (附件): evidence of a problem, what a self-evaluation rests on, minutes of an
//! inspection, what a unit puts forward for itself.

use govshare_model::{Actor, Role};
use service_kit::attachments::{Record, Resource};
use service_kit::{Database, Failure, Tx};
use uuid::Uuid;

use crate::desk::Authorize;
use crate::procedure::Procedure;
use crate::procedure::feedback::Feedback;
use crate::procedure::inspection::Inspection;
use crate::procedure::plan::Plan;
use crate::procedure::self_evaluation::SelfEvaluation;
use crate::procedure::violation::Violation;
use crate::procedure::yearly_evaluation::YearlyEvaluation;
use crate::records::Records;
use crate::{feedback, inspection, plan, self_evaluation, violation, yearly_evaluation};

/// The records of this service, of every kind.
#[derive(Clone)]
pub struct Papers {
    database: Database,
}

/// A kind of record that takes papers.
trait TakesPapers: Procedure {
    const ARTICLE: &'static str;
    const AUTHORIZE: Authorize<Self>;
    const READ: &'static str;

    /// Whether the caller may add papers, whatever the state.
    fn adds(&self, actor: &Actor) -> bool;
    /// Whether it takes papers in its state.
    fn is_open(&self) -> bool;
}

impl TakesPapers for Feedback {
    const ARTICLE: &'static str = "28";
    const AUTHORIZE: Authorize<Self> = feedback::policy::authorize;
    const READ: &'static str = feedback::policy::READ;

    fn adds(&self, actor: &Actor) -> bool {
        actor.is(Role::Drafter) && self.parties().contains(&actor.unit)
    }

    fn is_open(&self) -> bool {
        ["SUBMITTED", "VERIFYING", "ANSWER_PROPOSED"].contains(&self.state())
    }
}

impl TakesPapers for SelfEvaluation {
    const ARTICLE: &'static str = "32";
    const AUTHORIZE: Authorize<Self> = self_evaluation::policy::authorize;
    const READ: &'static str = self_evaluation::policy::READ;

    fn adds(&self, actor: &Actor) -> bool {
        actor.is(Role::Drafter) && self.unit == actor.unit
    }

    fn is_open(&self) -> bool {
        self.state() == "DRAFT"
    }
}

impl TakesPapers for YearlyEvaluation {
    const ARTICLE: &'static str = "32";
    const AUTHORIZE: Authorize<Self> = yearly_evaluation::policy::authorize;
    const READ: &'static str = yearly_evaluation::policy::READ;

    fn adds(&self, actor: &Actor) -> bool {
        actor.is(Role::InfoOffice)
    }

    fn is_open(&self) -> bool {
        self.state() != "REPORTED"
    }
}

impl TakesPapers for Inspection {
    const ARTICLE: &'static str = "33";
    const AUTHORIZE: Authorize<Self> = inspection::policy::authorize;
    const READ: &'static str = inspection::policy::READ;

    fn adds(&self, actor: &Actor) -> bool {
        let inspects = actor.is(Role::Supervisor) && self.supervisor == actor.unit;
        inspects || (actor.is(Role::Drafter) && self.unit == actor.unit)
    }

    fn is_open(&self) -> bool {
        self.state() != "CLOSED"
    }
}

impl TakesPapers for Violation {
    const ARTICLE: &'static str = "34";
    const AUTHORIZE: Authorize<Self> = violation::policy::authorize;
    const READ: &'static str = violation::policy::READ;

    /// Papers are read by all who are concerned: who reported it would be known by theirs.
    fn adds(&self, actor: &Actor) -> bool {
        let opened = self.state.charge().is_some() && self.unit == actor.unit;
        actor.is(Role::WorkingGroup) || (actor.is(Role::Drafter) && opened)
    }

    fn is_open(&self) -> bool {
        ["REPORTED", "INVESTIGATING", "HEARD"].contains(&self.state())
    }
}

impl TakesPapers for Plan {
    const ARTICLE: &'static str = "8(二)";
    const AUTHORIZE: Authorize<Self> = plan::policy::authorize;
    const READ: &'static str = plan::policy::READ;

    fn adds(&self, actor: &Actor) -> bool {
        actor.is(Role::InfoOffice)
    }

    fn is_open(&self) -> bool {
        self.state() == "DRAFT"
    }
}

impl Papers {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Reads the record, in `tx` under its lock.
    async fn find<P: TakesPapers>(
        &self,
        tx: Option<&mut Tx>,
        actor: &Actor,
        resource: &Resource,
    ) -> Result<Record, Failure> {
        let (records, id) = (Records::<P>::new(self.database.clone()), resource.id::<Uuid>(P::KIND)?);
        let found = match tx {
            Some(tx) => records.load_for_update(tx, id).await?,
            None => records.load(id).await?,
        };
        Ok(Record {
            case: found.case().map(|case| case.to_string()).unwrap_or_default(),
            state: found.outer_state(),
            article: P::ARTICLE,
            concerns: found.concerns(),
            reads: (P::AUTHORIZE)(actor, P::READ, &found).is_ok(),
            adds: found.adds(actor),
            open: found.is_open(),
        })
    }

    async fn find_any(
        &self,
        tx: Option<&mut Tx>,
        actor: &Actor,
        resource: &Resource,
    ) -> Result<Record, Failure> {
        match resource.kind() {
            Feedback::KIND => self.find::<Feedback>(tx, actor, resource).await,
            SelfEvaluation::KIND => self.find::<SelfEvaluation>(tx, actor, resource).await,
            YearlyEvaluation::KIND => self.find::<YearlyEvaluation>(tx, actor, resource).await,
            Inspection::KIND => self.find::<Inspection>(tx, actor, resource).await,
            Violation::KIND => self.find::<Violation>(tx, actor, resource).await,
            Plan::KIND => self.find::<Plan>(tx, actor, resource).await,
            _ => Err(resource.not_found().into()),
        }
    }
}

#[tonic::async_trait]
impl service_kit::attachments::Records for Papers {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        self.find_any(None, actor, resource).await
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        self.find_any(Some(tx), actor, resource).await
    }
}
