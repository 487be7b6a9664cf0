//! The form on the use of data (使用情况反馈表, art. 28).

mod convert;
mod form;
mod grpc;
pub mod policy;
mod sweeper;

pub use convert::aspect_to_proto;
pub use form::aspect;
pub use grpc::FeedbackForms;
pub use sweeper::run as sweep;
