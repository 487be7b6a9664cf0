//! A policy pack: the figures and choices that one text lays down for the machine, each with its article and,
//! where the text is silent, the interpretation that was chosen.
//!
//! A choice that the machine knows in one way only is an enum of one variant: a pack states it, and no pack can
//! ask for what is not there.

mod article;
mod in_force;
mod provisions;
mod sections;

use serde::{Deserialize, Serialize};

pub use article::Article;
pub use in_force::{InForce, Packs, PacksContradiction, PacksError};
pub use provisions::{PackContradiction, PackError, Problem, ProvisionView};
pub use sections::{
    Agreement, Answer, Aspect, Assessment, Collection, Delivery, DeliveryMode, Duplicates, Duty, Entry,
    EntryField, Evaluation, Feedback, Liable, Plan, Restriction, Retention, Unit, Usage, ViolationKind,
    Violations,
};

/// The same sentence in the two languages of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

/// What a text lays down, or what was chosen where it is silent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provision<T> {
    pub value: T,
    pub article: Article,
    /// Present where the text itself is silent.
    pub interpretation: Option<Text>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Lower-case slug of place and year: `xicheng-2014`.
    pub id: String,
    /// From 1, raised with every change; a case keeps the version of its receipt.
    pub version: u32,
    /// The text's own number: 文号 or 国务院令.
    pub number: String,
    pub title: Text,
    pub classes: Classes,
    pub unit: Unit,
    pub entry: Entry,
    pub restriction: Restriction,
    pub collection: Collection,
    pub application: Application,
    pub clock: Clock,
    pub answer: Answer,
    pub refusal: Refusal,
    pub four_eyes: FourEyes,
    pub confidentiality: Confidentiality,
    pub agreement: Agreement,
    pub delivery: Delivery,
    pub usage: Usage,
    pub feedback: Feedback,
    pub retention: Retention,
    pub plan: Plan,
    pub evaluation: Evaluation,
    pub violations: Violations,
}

/// How a resource is shared (共享类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SharingClass {
    /// 主动共享, 无条件共享.
    Active,
    /// 依申请共享, 有条件共享.
    OnApplication,
    /// 不予共享.
    NotShared,
}

/// The classes that a text knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    pub active: Option<Class>,
    pub on_application: Option<Class>,
    pub not_shared: Option<Class>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    pub article: Article,
    /// What the text calls it.
    pub title: Text,
    /// Working days that the provider has for the answer to an application; absent where nobody applies.
    pub answer_working_days: Option<Provision<u16>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// What an application must state before it is submitted.
    pub required: Provision<Vec<ApplicationField>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationField {
    /// 用途; a scenario says it too.
    Purpose,
    /// 使用场景.
    Scenario,
    /// 依据: the duty or legal basis that the resource is needed for.
    Basis,
    /// 共享范围: which items, regions, periods.
    Scope,
    /// 共享方式: how it is delivered.
    Mode,
    /// 使用期限.
    Term,
}

/// The provider's clock, from the receipt of an application to its answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    pub receipt: Provision<Receipt>,
    pub due: Provision<DueAt>,
    pub ends_at: Provision<ClockEnd>,
    pub overdue: Provision<Overdue>,
    /// Times that the provider may ask for missing material.
    pub supplements: Provision<u8>,
    /// Working days by which an answer may be put off; 0 where it may not.
    pub extension_working_days: Provision<u16>,
    /// Whether an application may be refused for missing material without a supplement having been asked for.
    pub outright_refusal_when_incomplete: Provision<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receipt {
    CommitIntoInbox,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueAt {
    /// 24:00 in Shanghai: [`crate::calendar::end_of_day`].
    EndOfLastWorkingDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockEnd {
    WrittenAnswer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overdue {
    /// Shown beside the state, which stays what it is.
    Shown,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Whether a refusal is void without written reasons.
    pub reasons_required: Provision<bool>,
    pub copies_to: Provision<Vec<Party>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// 申请方, the user of the resource.
    Applicant,
    /// 提供方, 被申请方.
    Provider,
    /// 信息办.
    InfoOffice,
}

/// Where one person drafts and another of the same unit decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FourEyes {
    pub secrecy_review: Provision<bool>,
    /// On the applicant's side, before an application is submitted.
    pub application: Provision<bool>,
    /// On the provider's side, for consent and refusal alike.
    pub answer: Provision<bool>,
}

/// Security and confidentiality agreements (安全保密协议).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidentiality {
    /// Each of these alone makes the agreement necessary.
    pub grounds: Provision<Vec<Ground>>,
    pub signed_by: Provision<Vec<Party>>,
    /// Content that the platform refuses.
    pub kept_off: Provision<Vec<Ground>>,
    /// Whether an entry with a ground is refused for [`SharingClass::Active`].
    pub excludes_active: Provision<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// 国家秘密.
    StateSecret,
    /// 工作秘密.
    WorkSecret,
    /// 商业秘密.
    TradeSecret,
    /// 个人隐私.
    Privacy,
    /// What the provider calls sensitive (提供方认为敏感).
    Sensitive,
}

impl Pack {
    /// # Errors
    /// The first place where the text is not a pack (an unknown or missing key, an unknown value), or else every
    /// contradiction in it.
    pub fn from_toml(text: &str) -> Result<Pack, PackError> {
        let pack: Pack = toml::from_str(text)?;
        let found = provisions::contradictions(&pack);
        if found.is_empty() { Ok(pack) } else { Err(PackError::Contradictions(found)) }
    }

    /// `None` where this text does not know the class.
    pub fn class(&self, class: SharingClass) -> Option<&Class> {
        match class {
            SharingClass::Active => self.classes.active.as_ref(),
            SharingClass::OnApplication => self.classes.on_application.as_ref(),
            SharingClass::NotShared => self.classes.not_shared.as_ref(),
        }
    }

    /// Every provision with its key, in the order of the pack: what the info office reads, and changes in a new
    /// version.
    pub fn provisions(&self) -> Vec<ProvisionView<'_>> {
        provisions::of(self)
    }
}
