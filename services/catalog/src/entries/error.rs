//! What the caller hears when a step on an entry is refused: reason, both languages, article.

use govshare_model::id::EntryId;
use service_kit::{Failure, Reason, Refusal, Violations};

use super::content::{STATE_SECRET, Unlistable};
use super::entry::Rejection;
use crate::classification::code::ClassificationCode;
use crate::error::field_invalid;

/// The refusal of a step on `entry`.
pub fn refusal(rejection: Rejection, entry: EntryId) -> Refusal {
    let refusal = match rejection {
        Rejection::WrongState { state } => Refusal::new(
            Reason::WrongState,
            format!("the entry is {state}, which does not allow this step"),
            format!("目录条目当前状态为 {state}，不能执行此操作"),
        )
        .state(state)
        .article("16"),
        Rejection::WrongVersionState { state } => Refusal::new(
            Reason::WrongState,
            format!("the version is {state}, which does not allow this step"),
            format!("该版本当前状态为 {state}，不能执行此操作"),
        )
        .state(state)
        .article("16"),
        Rejection::NoSuchVersion { number } => {
            return Refusal::not_found("entry-version", format!("{entry}/{number}"));
        }
        Rejection::NotReviewed { state } => Refusal::new(
            Reason::NotReviewed,
            format!("the version is {state} and has not passed the secrecy review"),
            format!("该版本尚未通过保密审查（当前为 {state}）"),
        )
        .state(state)
        .article("16"),
        Rejection::Incomplete { missing, article } => {
            let fields = missing.join(", ");
            Refusal::new(
                Reason::EntryIncomplete,
                format!("the version lacks {fields}"),
                format!("目录条目缺少 {fields}"),
            )
            .with("missing", fields)
            .article(&article)
        }
        Rejection::ClassUnknown { sharing, article } => Refusal::new(
            Reason::SharingTypeNotInPolicy,
            format!(
                "the policy in force knows no {}; what cannot be listed is explained in writing",
                sharing.name()
            ),
            format!("现行规则不设 {} 类，不能登记的须向信息办书面说明", sharing.name()),
        )
        .with("sharing_type", sharing.name())
        .article(&article),
        Rejection::SelfApproval => Refusal::new(
            Reason::SelfApproval,
            "you wrote this version or one since the last publication, so somebody else has to approve or publish it",
            "编制人（含上次发布以来各版本的编制人）不得审核、发布该版本",
        )
        .article("16"),
        Rejection::OtherContent => Refusal::new(
            Reason::ContentMismatch,
            "the digest is not that of the version's content",
            "内容摘要与该版本不符",
        )
        .article("16"),
        Rejection::NotApproved => Refusal::new(
            Reason::AuthorityReviewMissing,
            "the info office has not approved this version",
            "该版本尚未经信息办审核",
        )
        .state("REGISTERED")
        .article("16"),
        Rejection::NoAuthorityReview { state } => Refusal::new(
            Reason::WrongState,
            "the policy in force has units review their entries themselves",
            "现行规则由各单位自行审查目录，信息办不另行审核",
        )
        .state(state)
        .article("16"),
        Rejection::HasCode { code } => Refusal::new(
            Reason::AlreadyExists,
            format!("the entry has the resource code {code} already"),
            format!("该条目已有信息资源代码 {code}"),
        )
        .with("resource_code", code.to_string())
        .article("15"),
    };
    refusal.resource("entry", entry)
}

/// No resource is numbered below this node.
pub fn not_codable(node: &ClassificationCode) -> Failure {
    let mut violations = Violations::new();
    let problem = format!("there is no 目 or 细目 {node} in use / 目或细目 {node} 未登记或已停用");
    violations.add("classification_code", problem);
    field_invalid(violations).article("15").into()
}

impl From<Unlistable> for Failure {
    fn from(unlistable: Unlistable) -> Self {
        let mut violations = Violations::new();
        let (field, problem) = violation(unlistable);
        violations.add(field, problem);
        let refusal = match unlistable {
            Unlistable::StateSecret => Refusal::new(
                Reason::StateSecretRefused,
                "state secrets are not listed here; they are handled off the platform",
                STATE_SECRET,
            )
            .violations(violations.into_found())
            .article("31"),
            Unlistable::WorkSecret => Refusal::new(
                Reason::StateSecretRefused,
                "under the policy in force work secrets are not listed here; they are handled off the platform",
                "依现行规则，涉及工作秘密的信息不得在本平台登记，请线下办理",
            )
            .violations(violations.into_found())
            .article("31"),
            Unlistable::SensitiveAndActive => Refusal::new(
                Reason::SensitiveNotActive,
                "what has grounds of article 31 cannot be shared without condition",
                "涉及商业秘密、个人隐私或敏感信息的资源不得无条件共享",
            )
            .violations(violations.into_found())
            .article("31"),
            Unlistable::WithheldWithoutBasis => field_invalid(violations).article("24"),
        };
        refusal.into()
    }
}

/// The field that makes content unlistable, and what is wrong with it.
pub fn violation(unlistable: Unlistable) -> (&'static str, &'static str) {
    match unlistable {
        Unlistable::StateSecret => (
            "content.sensitivities",
            "state secrets are handled off the platform (art. 31) / 涉及国家秘密的信息不得在本平台登记",
        ),
        Unlistable::WorkSecret => (
            "content.sensitivities",
            "work secrets are handled off the platform / 涉及工作秘密的信息不得在本平台登记",
        ),
        Unlistable::SensitiveAndActive => (
            "content.sharing_type",
            "cannot be UNCONDITIONAL with sensitivities (art. 31) / 敏感资源不得无条件共享",
        ),
        Unlistable::WithheldWithoutBasis => {
            ("content.sharing_conditions", "is required for WITHHELD / 不予共享的须说明依据")
        }
    }
}
