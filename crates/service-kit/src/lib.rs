//! What every service shares and no business rule: configuration, telemetry, the server stack, identity and
//! authorization, errors, database with idempotency and outbox, and clients of other services.

pub mod attachments;
pub mod auth;
pub mod call;
pub mod client;
pub mod clock;
pub mod config;
pub mod database;
pub mod document_number;
pub mod etag;
pub mod event;
pub mod failure;
pub mod form;
pub mod holidays;
pub mod outbox;
pub mod packs;
pub mod page;
pub mod process;
pub mod server;
pub mod shares;
pub mod tasks;
pub mod telemetry;
pub mod validate;

pub use attachments::Attachments;
pub use call::Call;
pub use clock::Clock;
pub use config::Config;
pub use database::{Begin, Database, Tx};
pub use document_number::DocumentNumber;
pub use event::Event;
pub use failure::{Failure, Refusal};
pub use govshare_proto::error::v1::Reason;
pub use outbox::Outbox;
pub use tasks::WorkList;
pub use validate::Violations;
