//! Papers (附件) of the catalogue's written documents: explanations, regulations, collection plans and archive records.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};
use service_kit::attachments::{ADD, Record, Records, Resource};
use service_kit::{Failure, Tx};
use uuid::Uuid;

use crate::archiving::record::{self, Record as ArchiveRecord};
use crate::archiving::{self, ArchiveStore};
use crate::collection::plan::{self, Plan};
use crate::collection::{self, PlanStore};
use crate::explanations::explanation::{Explanation, State};
use crate::explanations::{self, ExplanationStore};
use crate::regulations::regulation::{Regulation, Stage};
use crate::regulations::{self, RegulationStore};

/// Records with attachments are called `explanation/<id>`, `regulation/<id>`, `collection-plan/<id>` and
/// `archive-record/<id>`.
const EXPLANATION: &str = "explanation";
const REGULATION: &str = "regulation";
const PLAN: &str = "collection-plan";
const ARCHIVE_RECORD: &str = "archive-record";

/// Whoever writes a document adds its papers.
const ADDING: &[Rule] =
    &[Rule { method: ADD, roles: &[Role::Drafter], relation: Relation::Owner, states: &[] }];

/// The stores of the records that have papers.
#[derive(Clone)]
pub struct Papers {
    pub explanations: ExplanationStore,
    pub regulations: RegulationStore,
    pub plans: PlanStore,
    pub archive: ArchiveStore,
    pub statistics_bureau: UnitId,
    pub archives_bureau: UnitId,
}

#[tonic::async_trait]
impl Records for Papers {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: Uuid = resource.id(resource.kind())?;
        match resource.kind() {
            EXPLANATION => Ok(of_explanation(&self.explanations.load(id).await?, actor)),
            REGULATION => Ok(of_regulation(&self.regulations.load(id).await?, actor)),
            PLAN => Ok(self.of_plan(&self.plans.load(id).await?, actor)),
            ARCHIVE_RECORD => Ok(self.of_archive_record(&self.archive.load(id).await?, actor)),
            _ => Err(resource.not_found().into()),
        }
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: Uuid = resource.id(resource.kind())?;
        match resource.kind() {
            EXPLANATION => Ok(of_explanation(&self.explanations.load_for_update(tx, id).await?, actor)),
            REGULATION => Ok(of_regulation(&self.regulations.load_for_update(tx, id).await?, actor)),
            PLAN => Ok(self.of_plan(&self.plans.load_for_update(tx, id).await?, actor)),
            ARCHIVE_RECORD => Ok(self.of_archive_record(&self.archive.load_for_update(tx, id).await?, actor)),
            _ => Err(resource.not_found().into()),
        }
    }
}

impl Papers {
    fn of_plan(&self, plan: &Plan, actor: &Actor) -> Record {
        let relations = collection::policy::relations(actor, plan, &self.statistics_bureau);
        let standing = collection::policy::standing(&plan.state);
        Record {
            case: String::new(),
            state: plan.state.name(),
            article: "18",
            concerns: vec![plan.unit.clone()],
            reads: may(collection::policy::RULES, collection::policy::READ, actor, &relations, standing),
            adds: may(ADDING, ADD, actor, &relations, standing),
            open: matches!(plan.state, plan::State::Draft | plan::State::Returned { .. }),
        }
    }

    fn of_archive_record(&self, record: &ArchiveRecord, actor: &Actor) -> Record {
        let relations = archiving::policy::relations(actor, record, &self.archives_bureau);
        let state = record.state.name();
        Record {
            case: String::new(),
            state,
            article: "20",
            concerns: vec![record.unit.clone(), self.archives_bureau.clone()],
            reads: may(archiving::policy::RULES, archiving::policy::READ, actor, &relations, state),
            adds: may(ADDING, ADD, actor, &relations, state),
            open: !matches!(record.state, record::State::Confirmed { .. }),
        }
    }
}

fn of_explanation(explanation: &Explanation, actor: &Actor) -> Record {
    let relations = explanations::policy::relations(actor, explanation);
    let standing = explanations::policy::standing(&explanation.state);
    Record {
        case: String::new(),
        state: explanation.state.name(),
        article: "16",
        concerns: vec![explanation.unit.clone()],
        reads: may(explanations::policy::RULES, explanations::policy::READ, actor, relations, standing),
        adds: may(ADDING, ADD, actor, relations, standing),
        open: matches!(explanation.state, State::Draft),
    }
}

fn of_regulation(regulation: &Regulation, actor: &Actor) -> Record {
    let relations = regulations::policy::relations(actor, regulation);
    let standing = regulations::policy::standing(regulation);
    let stage = regulation.pending.as_ref().map(|pending| &pending.stage);
    Record {
        case: String::new(),
        state: regulation.state(),
        article: regulation.kind.article(),
        concerns: vec![regulation.unit.clone()],
        // The papers of an edition that is written or submitted are not for those who read what is in force only.
        reads: may(regulations::policy::RULES, regulations::policy::READ, actor, relations, standing)
            && (stage.is_none() || regulations::policy::sees_pending(actor, regulation)),
        adds: may(ADDING, ADD, actor, relations, standing),
        open: matches!(stage, Some(Stage::Draft | Stage::Returned { .. })),
    }
}

fn may(rules: &[Rule], method: &str, actor: &Actor, relations: &[Relation], state: &str) -> bool {
    decide(rules, method, method, actor, relations, state) == Decision::Allowed
}
