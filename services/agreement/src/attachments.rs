//! Papers of an agreement (附件): annexes to the terms, grounds of a suspension, proof that copies were destroyed. Whoever
//! reads the agreement reads them; what is signed is the document alone.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::AgreementId;
use govshare_model::{Actor, Role};
use service_kit::attachments::{ADD, Record, Records, Resource};
use service_kit::{Failure, Tx};

use crate::agreement::{Agreement, State};
use crate::policy;
use crate::store::Store;

/// Records with attachments are called `agreement/<id>`.
const KIND: &str = "agreement";

const WRITERS: &[Role] = &[Role::Drafter, Role::Approver];
const OFFICE: &[Role] = &[Role::InfoOffice];
const ADDING: &[Rule] = &[
    Rule { method: ADD, roles: WRITERS, relation: Relation::Applicant, states: &[] },
    Rule { method: ADD, roles: WRITERS, relation: Relation::Provider, states: &[] },
    Rule { method: ADD, roles: OFFICE, relation: Relation::Anyone, states: &[] },
];

#[tonic::async_trait]
impl Records for Store {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: AgreementId = resource.id(KIND)?;
        Ok(record(&Store::load(self, id).await?, actor))
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        let id: AgreementId = resource.id(KIND)?;
        Ok(record(&self.load_for_update(tx, id).await?, actor))
    }
}

fn record(agreement: &Agreement, actor: &Actor) -> Record {
    let (parties, state) = (&agreement.parties, agreement.state.name());
    let relations = policy::relations(actor, parties);
    let may = |rules, method| decide(rules, method, method, actor, &relations, state) == Decision::Allowed;
    Record {
        case: agreement.case.to_string(),
        state,
        article: "26(一)",
        concerns: vec![parties.applicant.clone(), parties.provider.clone(), parties.info_office.clone()],
        reads: may(policy::RULES, policy::READ),
        adds: may(ADDING, ADD),
        // After its end the user still proves what became of its copies (art. 23).
        open: !matches!(agreement.state, State::Cancelled { .. }),
    }
}
