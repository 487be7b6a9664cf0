//! The contracts of govshare (`govshare/<service>/v1/*.proto`) as generated Rust.

mod contracts {
    #![allow(clippy::all, clippy::doc_lazy_continuation, rustdoc::all)]
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}

pub use contracts::google;
pub use contracts::govshare::{
    access_request, agreement, attachment, audit, catalog, error, evaluation, exchange, security_review, task,
};

/// All contracts as an encoded `google.protobuf.FileDescriptorSet`, for reflection and for tests over methods.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
