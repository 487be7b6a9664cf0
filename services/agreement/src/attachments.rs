//! Papers (附件) of agreements, of what is disclosed to others and of what is delivered outside the platform: annexes to
//! the terms, grounds of a suspension, receipts, proof that copies were destroyed. Whoever reads the record reads them;
//! what is signed is the document alone.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::{Actor, Role};
use service_kit::attachments::{ADD, Record, Records, Resource};
use service_kit::{Failure, Tx};

use crate::agreement::{Agreement, State};
use crate::disclosure::{self, Disclosure};
use crate::outside_delivery::{self, OutsideDelivery};
use crate::{policy, store};

/// Records with attachments are called `agreement/<id>`, `disclosure/<id>` and `outside-delivery/<id>`.
const AGREEMENT: &str = "agreement";
const DISCLOSURE: &str = "disclosure";
const OUTSIDE_DELIVERY: &str = "outside-delivery";

const WRITERS: &[Role] = &[Role::Drafter, Role::Approver];
const OFFICE: &[Role] = &[Role::InfoOffice];
const BY_USER: Rule = Rule { method: ADD, roles: WRITERS, relation: Relation::Applicant, states: &[] };
const BY_PROVIDER: Rule = Rule { method: ADD, roles: WRITERS, relation: Relation::Provider, states: &[] };
const BY_OFFICE: Rule = Rule { method: ADD, roles: OFFICE, relation: Relation::Anyone, states: &[] };
const ADDING_TO_AGREEMENT: &[Rule] = &[BY_USER, BY_PROVIDER, BY_OFFICE];
/// What happens between user and provider.
const ADDING: &[Rule] = &[BY_USER, BY_PROVIDER];

/// The stores of the records that have papers.
#[derive(Clone)]
pub struct Papers {
    pub agreements: store::Store,
    pub disclosures: disclosure::store::Store,
    pub outside_deliveries: outside_delivery::store::Store,
}

#[tonic::async_trait]
impl Records for Papers {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        match resource.kind() {
            AGREEMENT => Ok(of_agreement(&self.agreements.load(resource.id(AGREEMENT)?).await?, actor)),
            DISCLOSURE => Ok(of_disclosure(&self.disclosures.load(resource.id(DISCLOSURE)?).await?, actor)),
            OUTSIDE_DELIVERY => {
                let found = self.outside_deliveries.load(resource.id(OUTSIDE_DELIVERY)?).await?;
                Ok(of_outside_delivery(&found, actor))
            }
            _ => Err(resource.not_found().into()),
        }
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        match resource.kind() {
            AGREEMENT => {
                let found = self.agreements.load_for_update(tx, resource.id(AGREEMENT)?).await?;
                Ok(of_agreement(&found, actor))
            }
            DISCLOSURE => {
                let found = self.disclosures.load_for_update(tx, resource.id(DISCLOSURE)?).await?;
                Ok(of_disclosure(&found, actor))
            }
            OUTSIDE_DELIVERY => {
                let found =
                    self.outside_deliveries.load_for_update(tx, resource.id(OUTSIDE_DELIVERY)?).await?;
                Ok(of_outside_delivery(&found, actor))
            }
            _ => Err(resource.not_found().into()),
        }
    }
}

fn of_agreement(agreement: &Agreement, actor: &Actor) -> Record {
    let (parties, state) = (&agreement.parties, agreement.state.name());
    let relations = policy::relations(actor, parties);
    Record {
        case: agreement.case.to_string(),
        state,
        article: "26(一)",
        concerns: vec![parties.applicant.clone(), parties.provider.clone(), parties.info_office.clone()],
        reads: may(policy::RULES, policy::READ, actor, &relations, state),
        adds: may(ADDING_TO_AGREEMENT, ADD, actor, &relations, state),
        // After its end the user still proves what became of its copies (art. 23).
        open: !matches!(agreement.state, State::Cancelled { .. }),
    }
}

fn of_disclosure(disclosure: &Disclosure, actor: &Actor) -> Record {
    let state = disclosure.state.name();
    let relations = policy::between(actor, &disclosure.applicant, &disclosure.provider);
    Record {
        case: disclosure.case.to_string(),
        state,
        article: "23",
        concerns: vec![disclosure.applicant.clone(), disclosure.provider.clone()],
        reads: may(disclosure::policy::RULES, disclosure::policy::READ, actor, &relations, state),
        adds: may(ADDING, ADD, actor, &relations, state),
        open: matches!(disclosure.state, disclosure::State::Requested | disclosure::State::Consented { .. }),
    }
}

fn of_outside_delivery(delivery: &OutsideDelivery, actor: &Actor) -> Record {
    let state = delivery.state.name();
    let relations = policy::between(actor, &delivery.applicant, &delivery.provider);
    Record {
        case: delivery.case.to_string(),
        state,
        article: "26(一)",
        concerns: vec![delivery.applicant.clone(), delivery.provider.clone()],
        reads: may(outside_delivery::policy::RULES, outside_delivery::policy::READ, actor, &relations, state),
        adds: may(ADDING, ADD, actor, &relations, state),
        open: matches!(delivery.state, outside_delivery::State::Recorded),
    }
}

fn may(rules: &[Rule], method: &str, actor: &Actor, relations: &[Relation], state: &str) -> bool {
    decide(rules, method, method, actor, relations, state) == Decision::Allowed
}
