//! Papers (附件) of what is put before somebody here: reviews, restrictions, secrecy rules, and the authority by which a
//! system's level is lowered.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::{RestrictionId, ReviewId, UnitId};
use govshare_model::{Actor, Role};
use service_kit::attachments::{ADD, Record, Records, Resource};
use service_kit::{Failure, Tx};

use crate::restriction::{self, Restriction};
use crate::review::{self, Review};
use crate::secrecy_rules::{self, SecrecyRules};
use crate::systems::{self, System};
use crate::{policy, store};

/// Records with attachments are called `review/<id>`, `restriction/<id>`, `secrecy-rules/<unit>` and
/// `information-system/<id>`.
const REVIEW: &str = "review";
const RESTRICTION: &str = "restriction";
const SECRECY_RULES: &str = "secrecy-rules";
const SYSTEM: &str = "information-system";

const ADDING_TO_REVIEW: &[Rule] = &[Rule {
    method: ADD,
    roles: &[Role::Drafter, Role::Reviewer],
    relation: Relation::Provider,
    states: &[],
}];

/// The unit whose restriction, rules or system it is.
const WRITERS: &[Role] = &[Role::Drafter, Role::Approver];
const ADDING: &[Rule] = &[
    Rule { method: ADD, roles: WRITERS, relation: Relation::Provider, states: &[] },
    Rule { method: ADD, roles: WRITERS, relation: Relation::Owner, states: &[] },
];

/// The stores of the records that have papers, and who reads the events beside their unit.
#[derive(Clone)]
pub struct Papers {
    pub reviews: store::Store,
    pub restrictions: restriction::store::Store,
    pub secrecy_rules: secrecy_rules::store::Store,
    pub systems: systems::store::Store,
    pub secrecy_bureau: UnitId,
    pub info_office: UnitId,
}

#[tonic::async_trait]
impl Records for Papers {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        match resource.kind() {
            REVIEW => Ok(of_review(&self.reviews.load(resource.id(REVIEW)?).await?, actor)),
            RESTRICTION => {
                Ok(self.of_restriction(&self.restrictions.load(resource.id(RESTRICTION)?).await?, actor))
            }
            SECRECY_RULES => {
                let found = self.secrecy_rules.load(&resource.id(SECRECY_RULES)?).await?;
                Ok(self.of_rules(&found.ok_or_else(|| resource.not_found())?, actor))
            }
            SYSTEM => Ok(self.of_system(&self.systems.load(resource.id(SYSTEM)?).await?, actor)),
            _ => Err(resource.not_found().into()),
        }
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        match resource.kind() {
            REVIEW => {
                let id: ReviewId = resource.id(REVIEW)?;
                let found = self.reviews.load_for_update(tx, &[id]).await?.remove(&id);
                Ok(of_review(&found.ok_or_else(|| resource.not_found())?, actor))
            }
            RESTRICTION => {
                let id: RestrictionId = resource.id(RESTRICTION)?;
                let found = self.restrictions.load_for_update(tx, &[id]).await?.remove(&id);
                Ok(self.of_restriction(&found.ok_or_else(|| resource.not_found())?, actor))
            }
            SECRECY_RULES => {
                let found = self.secrecy_rules.load_for_update(tx, &resource.id(SECRECY_RULES)?).await?;
                Ok(self.of_rules(&found.ok_or_else(|| resource.not_found())?, actor))
            }
            SYSTEM => {
                Ok(self.of_system(&self.systems.load_for_update(tx, resource.id(SYSTEM)?).await?, actor))
            }
            _ => Err(resource.not_found().into()),
        }
    }
}

impl Papers {
    fn of_restriction(&self, restriction: &Restriction, actor: &Actor) -> Record {
        let (provider, state) = (&restriction.provider, restriction.state.name());
        let relations = policy::relations(actor, provider);
        Record {
            case: String::new(),
            state,
            article: "24(二)",
            concerns: vec![provider.clone(), self.secrecy_bureau.clone(), self.info_office.clone()],
            reads: may(restriction::policy::RULES, restriction::policy::READ, actor, &relations, state),
            adds: may(ADDING, ADD, actor, &relations, state),
            open: matches!(restriction.state, restriction::State::Stated),
        }
    }

    fn of_rules(&self, rules: &SecrecyRules, actor: &Actor) -> Record {
        let state = rules.state.name();
        let relations = secrecy_rules::policy::relations(actor, &rules.unit);
        Record {
            case: String::new(),
            state,
            article: "9",
            concerns: vec![rules.unit.clone(), self.secrecy_bureau.clone()],
            reads: may(secrecy_rules::policy::RULES, secrecy_rules::policy::READ, actor, &relations, state),
            adds: may(ADDING, ADD, actor, &relations, state),
            open: !matches!(rules.state, secrecy_rules::State::Accepted { .. }),
        }
    }

    fn of_system(&self, system: &System, actor: &Actor) -> Record {
        let state = "REGISTERED";
        let relations = systems::policy::relations(actor, &system.unit);
        Record {
            case: String::new(),
            state,
            article: "30",
            concerns: vec![system.unit.clone(), self.secrecy_bureau.clone(), self.info_office.clone()],
            reads: may(systems::policy::RULES, systems::policy::READ, actor, &relations, state),
            adds: may(ADDING, ADD, actor, &relations, state),
            // Papers are those of the authority that allowed to lower the level.
            open: system.authority.is_some(),
        }
    }
}

fn of_review(review: &Review, actor: &Actor) -> Record {
    let (provider, state) = (&review.submission.provider, review.state.name());
    let relations = policy::relations(actor, provider);
    Record {
        case: String::new(),
        state,
        article: "16",
        concerns: vec![provider.clone()],
        reads: may(policy::RULES, policy::READ, actor, &relations, state),
        adds: may(ADDING_TO_REVIEW, ADD, actor, &relations, state),
        open: matches!(review.state, review::State::Open),
    }
}

fn may(rules: &[Rule], method: &str, actor: &Actor, relations: &[Relation], state: &str) -> bool {
    decide(rules, method, method, actor, relations, state) == Decision::Allowed
}
