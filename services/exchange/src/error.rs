//! What the caller hears when a step is refused: reason, both languages, article.

use std::time::Duration;

use govshare_model::id::DataVersionId;
use service_kit::{Failure, Reason, Refusal, Violations};

use crate::basis::NotPublished;
use crate::data_version::upload::{self, MAX_CHUNK_BYTES};
use crate::{agreement, basis, defect, delivery, ticket};

impl From<upload::Rejection> for Failure {
    fn from(rejection: upload::Rejection) -> Self {
        use upload::Rejection::*;
        let (field, problem) = match rejection {
            HeaderMissing => ("header", "must be the first message / 首条消息须为文件说明".to_owned()),
            HeaderRepeated => ("header", "must come once / 文件说明只能出现一次".to_owned()),
            PartMissing => ("part", "each message carries a chunk / 消息须含数据块".to_owned()),
            ChunkTooLarge { bytes } => {
                ("chunk", format!("must have at most {MAX_CHUNK_BYTES} bytes, has {bytes} / 数据块过大"))
            }
            OtherSize { announced, received } => {
                return mismatch("size_bytes", announced.to_string(), received.to_string());
            }
            OtherDigest { announced, received } => {
                return mismatch("sha256", hex::encode(announced), hex::encode(received));
            }
        };
        let mut violations = Violations::new();
        violations.add(field, problem);
        match violations.finish() {
            Err(refusal) => refusal.into(),
            Ok(()) => Failure::internal("a violation was not counted"),
        }
    }
}

fn mismatch(field: &'static str, announced: String, received: String) -> Failure {
    let mut violations = Violations::new();
    violations.add(field, format!("is {received}, announced was {announced} / 与文件说明不符"));
    Refusal::new(
        Reason::ContentMismatch,
        format!("the bytes are not those announced: {field} is {received} instead of {announced}"),
        format!("收到的数据与文件说明不符：{field} 应为 {announced}，实为 {received}"),
    )
    .violations(violations.into_found())
    .into()
}

impl From<NotPublished> for Failure {
    fn from(NotPublished { state }: NotPublished) -> Self {
        Refusal::new(
            Reason::EntryNotPublished,
            format!("the entry is {state}; data is published and actively shared for published entries only"),
            format!("目录条目状态为 {state}，只有已发布的条目可以发布和主动共享数据"),
        )
        .state(state)
        .article("14")
        .into()
    }
}

impl From<defect::NotAcknowledged> for Failure {
    fn from(defect::NotAcknowledged { defects }: defect::NotAcknowledged) -> Self {
        let defects = defects.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        Refusal::new(
            Reason::DefectNotAcknowledged,
            "the provider told of defects of this version; read and acknowledge them, then ask again",
            "提供方已告知该数据版本存在瑕疵，请阅知并确认后再申请交付",
        )
        .with("defects", defects)
        .article("22")
        .into()
    }
}

impl From<basis::Rejection> for Failure {
    fn from(rejection: basis::Rejection) -> Self {
        match rejection {
            basis::Rejection::NotPublished(rejection) => rejection.into(),
            basis::Rejection::NotActive => Refusal::new(
                Reason::EntryNotSharedActively,
                "the entry is not shared actively any more; apply for it, or name your agreement",
                "该目录条目不再主动共享，请提出共享申请，或者注明所依据的协议",
            )
            .article("24")
            .into(),
        }
    }
}

impl From<agreement::Rejection> for Failure {
    fn from(rejection: agreement::Rejection) -> Self {
        let refusal = match rejection {
            agreement::Rejection::NotActive { state } => Refusal::new(
                Reason::AgreementNotActive,
                format!("the agreement is {state}; data flows under active agreements only"),
                format!("协议状态为 {state}，只有生效中的协议可以获取数据"),
            )
            .state(state),
            agreement::Rejection::NotYetValid { from } => Refusal::new(
                Reason::AgreementNotActive,
                format!("the agreement is valid from {from} on"),
                format!("协议自 {from} 起生效"),
            )
            .state("ACTIVE")
            .with("valid_from", from.to_string()),
        };
        refusal.article("26(一)").into()
    }
}

impl From<ticket::Rejection> for Failure {
    fn from(rejection: ticket::Rejection) -> Self {
        match rejection {
            ticket::Rejection::Spent { state } => Refusal::new(
                Reason::TicketSpent,
                "the ticket was redeemed before or its time is over; ask for a new one",
                "票据已使用或已过期，请重新获取",
            )
            .state(state)
            .article("25")
            .into(),
            ticket::Rejection::OtherEntry { data_version } => {
                Refusal::not_found("data-version", data_version).into()
            }
        }
    }
}

/// The end of a delivery is recorded by this service alone, so that a refused one is a fault.
impl From<delivery::Rejection> for Failure {
    fn from(rejection: delivery::Rejection) -> Self {
        Failure::internal(format!("{rejection:?}"))
    }
}

/// What is taken without an agreement has to be shared actively; of anything else the caller hears no more than of a
/// version that does not exist.
pub fn no_active_sharing(version: DataVersionId) -> Failure {
    Refusal::new(
        Reason::NotFound,
        format!("there is no actively shared data-version {version}; for others, name your agreement"),
        format!("不存在主动共享的数据版本 {version}；依申请共享的，请注明协议"),
    )
    .resource("data-version", version)
    .article("24")
    .into()
}

pub fn audit_unavailable() -> Refusal {
    Refusal::new(
        Reason::AuditUnavailable,
        "the audit cannot take the delivery now, so it does not start; come back with a new ticket",
        "审计服务暂不可用，交付未开始，请稍后重新获取票据",
    )
    .retry_after(Duration::from_secs(5))
}

pub fn overloaded() -> Failure {
    Refusal::new(Reason::Overloaded, "too many transfers run; come back soon", "数据传输繁忙，请稍后重试")
        .retry_after(Duration::from_secs(1))
        .into()
}

pub fn unit_overloaded() -> Failure {
    Refusal::new(
        Reason::Overloaded,
        "your unit runs as many transfers as it may at once; come back when one has ended",
        "贵单位同时进行的数据传输已达上限，请待其中之一结束后重试",
    )
    .retry_after(Duration::from_secs(5))
    .into()
}
