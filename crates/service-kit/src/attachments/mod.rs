//! Attachments (附件): files that belong to records, checked against what was announced and kept as they came
//! (art. 20), in the service's own schema, together with their audit event.

mod media_type;
mod package;
mod resource;
mod service;
mod store;
mod upload;

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

use crate::auth::access::role_not_allowed;
use crate::database::Tx;
use crate::failure::{Failure, Refusal};
use govshare_proto::error::v1::Reason;

pub use media_type::MediaType;
pub use resource::Resource;
pub use service::Attachments;
pub use upload::MAX_BYTES;

/// Attachments of one record.
pub const MAX_PER_RECORD: i64 = 50;

pub const ADD: &str = "AddAttachment";

const WRITERS: &[Role] = &[
    Role::Drafter,
    Role::Approver,
    Role::Reviewer,
    Role::Signatory,
    Role::InfoOffice,
    Role::SecrecyBureau,
    Role::WorkingGroup,
    Role::Supervisor,
];

/// Rules of every `AttachmentService`; who may read and add on which record its [`Records`] say.
pub const RULES: &[Rule] = &[
    Rule { method: ADD, roles: WRITERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "GetAttachment", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListAttachments", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
];

/// The records of a service that have attachments.
#[tonic::async_trait]
pub trait Records: Send + Sync + 'static {
    /// The record as `actor` stands to it; NOT_FOUND where there is none.
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure>;

    /// As [`Records::load`], locked against other writers until the end of `tx`.
    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure>;
}

/// What attachments have to know of the record that they belong to, and of the caller's standing to it.
#[derive(Debug, Clone)]
pub struct Record {
    /// The case; empty where there is none.
    pub case: String,
    pub state: &'static str,
    /// Article that the record's documents follow.
    pub article: &'static str,
    /// Units that may read the event.
    pub concerns: Vec<UnitId>,
    /// Whether the caller may read the record; from others it is hidden.
    pub reads: bool,
    /// Whether the caller may add to it.
    pub adds: bool,
    /// Whether the record takes attachments in its state.
    pub open: bool,
}

impl Record {
    fn admit_reading(&self, resource: &Resource) -> Result<(), Refusal> {
        if self.reads { Ok(()) } else { Err(resource.not_found()) }
    }

    fn admit_adding(&self, resource: &Resource) -> Result<(), Refusal> {
        self.admit_reading(resource)?;
        if self.adds { Ok(()) } else { Err(role_not_allowed(ADD).resource("record", resource)) }
    }

    fn check_open(&self, resource: &Resource) -> Result<(), Refusal> {
        if self.open {
            return Ok(());
        }
        Err(Refusal::new(
            Reason::WrongState,
            format!("{resource} is {} and takes no attachments", self.state),
            format!("{resource} 状态为 {}，不能添加附件", self.state),
        )
        .state(self.state)
        .article(self.article))
    }
}
