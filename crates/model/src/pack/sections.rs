//! The sections of a pack beside the application and its clock: units, entries, agreements, delivery, evaluation.

use serde::{Deserialize, Serialize};

use super::{Article, Provision, Text};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Whether a unit is registered only with its responsible section (责任科室, 共享工作机构).
    pub section_required: Provision<bool>,
}

/// What an entry of the catalogue needs, and by when it follows a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What an entry must state before its secrecy review is asked for.
    pub required: Provision<Vec<EntryField>>,
    /// Assessments that the unit makes before it lists an entry.
    pub assessments: Provision<Vec<Assessment>>,
    /// Whether an entry that is not shared must name law, regulation or decision as its basis.
    pub not_shared_basis_required: Provision<bool>,
    /// Whether the info office reviews an entry after the unit's own review, before it is published.
    pub authority_review: Provision<bool>,
    /// Working days in which an entry follows a change of law or duties.
    pub change_working_days: Option<Provision<u16>>,
    /// Working days more, with the info office's consent.
    pub change_extension_working_days: Option<Provision<u16>>,
    /// Working days that the info office has for its review.
    pub authority_review_working_days: Option<Provision<u16>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryField {
    /// 信息资源名称.
    Title,
    /// 信息资源摘要.
    Abstract,
    /// 信息项.
    Items,
    /// 信息资源格式.
    Format,
    /// 更新周期.
    UpdateFrequency,
    /// 共享类型, 共享属性.
    SharingClass,
    /// 共享方式.
    SharingMode,
    /// 共享条件, 使用条件; asked of entries that are shared on application.
    SharingConditions,
    /// 分类分级.
    Grading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assessment {
    /// 保密风险评估.
    Secrecy,
    /// 个人信息保护影响评估.
    PersonalInformation,
}

/// Restriction from general sharing: what is shared on application only.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// Whether a version that is shared on application passes its secrecy review only when the entry's restriction is
    /// approved and on file.
    pub filed_first: Provision<bool>,
}

/// Collection of what another unit already has (重复采集).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    pub duplicates: Provision<Duplicates>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// Shown to the unit, whose necessary own collection is recorded with its need.
    Warn,
    /// A plan with such items is not accepted.
    Refuse,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether a provider may consent on conditions that the entry does not state.
    pub extra_conditions_allowed: Provision<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Whether a suspension must set a day by which the user mends what is wrong.
    pub suspension_term_required: Provision<bool>,
    /// Whether a termination is filed with the info office (备案).
    pub termination_filed: Provision<bool>,
    /// What a user may owe for the copies it holds when the agreement ends.
    pub duties_after_end: Provision<Vec<Duty>>,
    /// Days (of the calendar) after the end within which the user attests what became of its copies, where the terms
    /// of the agreement name none; 1 to 365.
    pub disposal_days: Provision<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// 销毁.
    Destroy,
    /// 留存: kept, with the duties that go with it.
    Keep,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    pub modes: Provision<Vec<DeliveryMode>>,
    /// Working days from consent to the delivery.
    pub working_days: Option<Provision<u16>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryMode {
    /// 服务接口.
    Interface,
    /// 批量交换.
    Batch,
    /// 文件下载.
    File,
    /// What the parties agree, outside the platform too.
    AsAgreed,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Whether a user records scenario, results, storage and destruction of what it took.
    pub record_required: Provision<bool>,
}

/// Problems found in data that was obtained (反馈, 校核).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// Article that gives the user the form and asks the provider to answer.
    pub article: Article,
    /// Working days from receipt to the provider's written answer.
    pub answer_working_days: Option<Provision<u16>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Years that the records of a case are kept.
    pub years: Provision<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Whether sharing weighs in the priority of projects.
    pub priority_for_sharing: Provision<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Evaluations of the whole district by the info office, at least so many a year.
    pub district_per_year: Provision<u8>,
    /// What a unit's evaluation of itself speaks to.
    pub aspects: Provision<Vec<Aspect>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// 真实性.
    Truth,
    /// 完整性.
    Completeness,
    /// 准确性.
    Accuracy,
    /// 及时性.
    Timeliness,
    /// 共享程度.
    Degree,
    /// 应用成效.
    Results,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violations {
    pub kinds: Vec<ViolationKind>,
}

/// A violation that the text names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationKind {
    /// Lower-case slug that findings refer to.
    pub code: String,
    pub liable: Liable,
    pub article: Article,
    pub text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Liable {
    Provider,
    User,
    /// 主管部门, the info office.
    Authority,
    /// Whichever unit did it.
    Any,
}
