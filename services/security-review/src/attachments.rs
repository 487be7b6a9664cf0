//! Papers of a review (附件): what the unit puts before its reviewer, and the opinion that came of it.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::ReviewId;
use govshare_model::{Actor, Role};
use service_kit::attachments::{ADD, Record, Records, Resource};
use service_kit::{Failure, Tx};

use crate::policy;
use crate::review::{Review, State};
use crate::store::Store;

/// Records with attachments are called `review/<id>`.
const KIND: &str = "review";

const ADDING: &[Rule] = &[Rule {
    method: ADD,
    roles: &[Role::Drafter, Role::Reviewer],
    relation: Relation::Provider,
    states: &[],
}];

#[tonic::async_trait]
impl Records for Store {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: ReviewId = resource.id(KIND)?;
        Ok(record(&Store::load(self, id).await?, actor))
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: ReviewId = resource.id(KIND)?;
        let found = self.load_for_update(tx, &[id]).await?.remove(&id);
        Ok(record(&found.ok_or_else(|| resource.not_found())?, actor))
    }
}

fn record(review: &Review, actor: &Actor) -> Record {
    let (provider, state) = (&review.submission.provider, review.state.name());
    let relations = policy::relations(actor, provider);
    let may = |rules, method| decide(rules, method, method, actor, &relations, state) == Decision::Allowed;
    Record {
        case: String::new(),
        state,
        article: "16",
        concerns: vec![provider.clone()],
        reads: may(policy::RULES, policy::READ),
        adds: may(ADDING, ADD),
        open: matches!(review.state, State::Open),
    }
}
