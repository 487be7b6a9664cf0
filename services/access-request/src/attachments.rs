//! Papers of a case (附件): what goes with the application, the answer, the objection and what was coordinated. Whoever
//! reads the case reads them.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::CaseId;
use govshare_model::{Actor, Role};
use service_kit::attachments::{ADD, Record, Records, Resource};
use service_kit::{Failure, Tx};

use crate::access_request::{AccessRequest, State};
use crate::policy;
use crate::store::Store;

/// Records with attachments are called `access-request/<id>`.
const KIND: &str = "access-request";

const WRITERS: &[Role] = &[Role::Drafter, Role::Approver];
const COORDINATORS: &[Role] = &[Role::InfoOffice, Role::WorkingGroup];
const ADDING: &[Rule] = &[
    Rule { method: ADD, roles: WRITERS, relation: Relation::Applicant, states: &[] },
    Rule { method: ADD, roles: WRITERS, relation: Relation::Provider, states: policy::SENT },
    Rule { method: ADD, roles: COORDINATORS, relation: Relation::Anyone, states: policy::SENT },
];

#[tonic::async_trait]
impl Records for Store {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: CaseId = resource.id(KIND)?;
        Ok(record(&Store::load(self, id).await?, actor))
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: CaseId = resource.id(KIND)?;
        Ok(record(&self.load_for_update(tx, id).await?, actor))
    }
}

fn record(request: &AccessRequest, actor: &Actor) -> Record {
    let state = request.state.name();
    let relations = policy::relations(actor, request);
    let may = |rules, method| decide(rules, method, method, actor, &relations, state) == Decision::Allowed;
    let mut concerns = vec![request.applicant.clone()];
    if !matches!(request.state, State::Draft) {
        concerns.extend(request.provider.clone());
    }
    Record {
        case: request.id.to_string(),
        state: request.told(),
        article: "26",
        concerns,
        reads: may(policy::RULES, policy::READ),
        adds: may(ADDING, ADD),
        open: !matches!(
            request.state,
            State::Settled { .. }
                | State::RefusalStands { .. }
                | State::Withdrawn { .. }
                | State::Agreed { .. }
        ),
    }
}
