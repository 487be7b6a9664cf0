//! Rows of the table, and the requests that they are.

use govshare_model::Subject;
use govshare_model::id::{AgreementId, CaseId, EntryId};
use govshare_model::pack::{DeliveryMode, SharingClass};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_kit::Failure;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::access_request::{
    AccessRequest, Answer, AnswerKind, CaseFile, Clock, Entry, Form, Notice, Proposal, Receipt, Renewal,
    State, Statement, Wording,
};

pub(super) struct Row {
    pub id: Uuid,
    pub case_number: String,
    pub document_number: String,
    pub applicant: String,
    pub provider: Option<String>,
    pub entry_id: Option<Uuid>,
    pub entry_title: String,
    pub wanted: String,
    pub purpose: String,
    pub scenario: String,
    pub basis: String,
    pub items: Vec<String>,
    pub mode: Option<String>,
    pub delivery: String,
    pub use_until: Option<Date>,
    pub state: String,
    pub drafted_by: String,
    pub entry_version: Option<i32>,
    pub received_at: Option<OffsetDateTime>,
    pub answer_due: Option<Date>,
    pub answer_due_provisional: Option<bool>,
    pub policy_pack: Option<String>,
    pub policy_pack_version: Option<i32>,
    pub sharing_class: Option<String>,
    pub answer_kind: Option<String>,
    pub answer_reasons: Option<String>,
    pub answer_conditions: String,
    pub answer_material_incomplete: bool,
    pub proposed_by: Option<String>,
    pub proposed_at: Option<OffsetDateTime>,
    pub answered_by: Option<String>,
    pub answered_at: Option<OffsetDateTime>,
    pub answer_number: String,
    pub overdue_at: Option<OffsetDateTime>,
    pub withdrawn_at: Option<OffsetDateTime>,
    pub agreement_id: Option<Uuid>,
    pub written: Value,
    pub case_file: Value,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub shown_at: OffsetDateTime,
    pub version: i64,
}

/// What was written in the present state. What is absent is not stored, so that constraints can ask for it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<Statement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordination: Option<Statement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Statement>,
}

/// The case's file, with the renewal that its draft named.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    #[serde(flatten)]
    pub file: CaseFile,
}

impl From<&State> for Written {
    fn from(state: &State) -> Self {
        match state {
            State::Settled { settlement } => Self { settlement: Some(settlement.clone()), ..Self::default() },
            State::SupplementRequested { notice, .. } => {
                Self { notice: Some(notice.clone()), ..Self::default() }
            }
            State::Objected { objection, .. } => {
                Self { objection: Some(objection.clone()), ..Self::default() }
            }
            State::RefusalStands { objection, coordination, .. } => Self {
                objection: Some(objection.clone()),
                coordination: Some(coordination.clone()),
                ..Self::default()
            },
            State::Draft
            | State::AtInfoOffice
            | State::Submitted { .. }
            | State::AnswerProposed { .. }
            | State::Consented { .. }
            | State::Refused { .. }
            | State::Coordinated { .. }
            | State::Withdrawn { .. }
            | State::Agreed { .. } => Self::default(),
        }
    }
}

pub(super) fn kind_name(kind: AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Consent => "CONSENT",
        AnswerKind::Refusal => "REFUSAL",
    }
}

pub(super) fn class_name(class: SharingClass) -> &'static str {
    match class {
        SharingClass::Active => "ACTIVE",
        SharingClass::OnApplication => "ON_APPLICATION",
        SharingClass::NotShared => "NOT_SHARED",
    }
}

pub(super) fn mode_name(mode: DeliveryMode) -> &'static str {
    match mode {
        DeliveryMode::Interface => "INTERFACE",
        DeliveryMode::Batch => "BATCH",
        DeliveryMode::File => "FILE",
        DeliveryMode::AsAgreed => "AS_AGREED",
    }
}

impl Row {
    fn receipt(&self) -> Option<Receipt> {
        Some(Receipt {
            at: self.received_at?,
            pack: self.policy_pack.clone()?,
            pack_version: self.policy_pack_version?.cast_unsigned(),
            class: match self.sharing_class.as_deref() {
                Some("ACTIVE") => SharingClass::Active,
                // Rows from before packs with other classes have none.
                Some("ON_APPLICATION") | None => SharingClass::OnApplication,
                Some(_) => return None,
            },
            clock: Clock { due: self.answer_due?, provisional: self.answer_due_provisional? },
        })
    }

    fn proposal(&self) -> Option<Proposal> {
        let kind = match self.answer_kind.as_deref()? {
            "CONSENT" => AnswerKind::Consent,
            "REFUSAL" => AnswerKind::Refusal,
            _ => return None,
        };
        Some(Proposal {
            wording: Wording {
                kind,
                reasons: self.answer_reasons.clone()?,
                conditions: self.answer_conditions.clone(),
                material_incomplete: self.answer_material_incomplete,
            },
            by: Subject(self.proposed_by.clone()?),
            at: self.proposed_at?,
        })
    }

    fn answer(&self) -> Option<Answer> {
        let proposal = self.proposal()?;
        Some(Answer {
            reasons: proposal.wording.reasons.clone(),
            proposal,
            by: Subject(self.answered_by.clone()?),
            at: self.answered_at?,
            number: self.answer_number.clone(),
        })
    }

    /// `None` where a part that the state has is missing.
    fn state(&self, written: Written) -> Option<State> {
        Some(match self.state.as_str() {
            "DRAFT" => State::Draft,
            "AT_INFO_OFFICE" => State::AtInfoOffice,
            "SETTLED" => State::Settled { settlement: written.settlement? },
            "SUBMITTED" => State::Submitted { receipt: self.receipt()? },
            "ANSWER_PROPOSED" => {
                State::AnswerProposed { receipt: self.receipt()?, proposal: self.proposal()? }
            }
            "SUPPLEMENT_REQUESTED" => {
                State::SupplementRequested { receipt: self.receipt()?, notice: written.notice? }
            }
            "CONSENTED" => State::Consented { receipt: self.receipt()?, answer: self.answer()? },
            "REFUSED" => State::Refused { receipt: self.receipt()?, answer: self.answer()? },
            "OBJECTED" => State::Objected {
                receipt: self.receipt()?,
                answer: self.answer()?,
                objection: written.objection?,
            },
            "COORDINATED" => State::Coordinated { receipt: self.receipt()? },
            "REFUSAL_STANDS" => State::RefusalStands {
                receipt: self.receipt()?,
                answer: self.answer()?,
                objection: written.objection?,
                coordination: written.coordination?,
            },
            "WITHDRAWN" => State::Withdrawn {
                receipt: self.receipt(),
                proposal: self.proposal(),
                at: self.withdrawn_at?,
            },
            "AGREED" => State::Agreed {
                receipt: self.receipt()?,
                answer: self.answer()?,
                agreement: AgreementId(self.agreement_id?),
            },
            _ => return None,
        })
    }

    fn form(&self) -> Option<Form> {
        let mode = match self.mode.as_deref() {
            None => None,
            Some("INTERFACE") => Some(DeliveryMode::Interface),
            Some("BATCH") => Some(DeliveryMode::Batch),
            Some("FILE") => Some(DeliveryMode::File),
            Some("AS_AGREED") => Some(DeliveryMode::AsAgreed),
            Some(_) => return None,
        };
        Some(Form {
            purpose: self.purpose.clone(),
            scenario: self.scenario.clone(),
            basis: self.basis.clone(),
            items: self.items.clone(),
            mode,
            delivery: self.delivery.clone(),
            use_until: self.use_until,
        })
    }
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for AccessRequest {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible =
            || Failure::internal(format!("access request {}: the row does not fit {}", row.id, row.state));
        let written = serde_json::from_value(row.written.clone()).map_err(Failure::internal)?;
        let state = row.state(written).ok_or_else(impossible)?;
        let form = row.form().ok_or_else(impossible)?;
        let provider = row.provider.as_deref().map(str::parse).transpose().map_err(Failure::internal)?;
        let entry = row.entry_id.map(|id| Entry {
            id: EntryId(id),
            title: row.entry_title.clone(),
            version: row.entry_version,
        });
        let StoredFile { renewal, file } =
            serde_json::from_value(row.case_file.clone()).map_err(Failure::internal)?;
        Ok(Self {
            id: CaseId(row.id),
            number: row.case_number,
            document_number: row.document_number,
            applicant: row.applicant.parse().map_err(Failure::internal)?,
            provider,
            entry,
            wanted: row.wanted,
            renewal,
            form,
            drafted_by: Subject(row.drafted_by),
            state,
            file,
            overdue: row.overdue_at,
            created: row.created_at,
            updated: row.updated_at,
            shown: row.shown_at,
            version: row.version,
        })
    }
}
