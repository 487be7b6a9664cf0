//! An agreement of three parties about one consented case, from draft to its end (art. 23, 26(一), 31). This file: up
//! to activity; [`lifecycle`] and [`duty`] have what follows.

pub mod duty;
pub mod lifecycle;
mod signed;
mod tasks;
pub mod warning;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use govshare_model::{Actor, Subject};
use time::{Date, OffsetDateTime};

pub use self::signed::{Document, DocumentKind, Parties, Rendered, Signature};
use crate::case::{Matter, Standing};
use crate::document::{self, Contents};
use crate::signing::Verified;
use crate::terms::{Terms, TermsProblem};
use duty::DisposalDuty;
use lifecycle::{End, Fault, Replacement, Rules, Suspension};
use warning::EntryWarning;

/// An agreement with everything that is known of it in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    pub id: AgreementId,
    pub case: CaseId,
    pub case_number: String,
    /// 文号; empty of agreements from before numbers were given.
    pub document_number: String,
    pub entry: EntryId,
    pub entry_version: i32,
    pub parties: Parties,
    pub terms: Terms,
    /// What the consent added to the conditions of the entry.
    pub conditions: String,
    /// Pack of the case with its version, `xicheng-2014/1`.
    pub pack: String,
    /// What the pack says of the agreement's life; kept, so that a new pack changes no standing agreement.
    pub rules: Rules,
    /// The agreement that this one amends or renews.
    pub replaces: Option<Replacement>,
    /// What is to be signed: the agreement, and the confidentiality agreement where there are grounds for it.
    pub documents: Vec<Document>,
    pub drafted_by: Subject,
    pub state: State,
    /// What its user is warned of while it is in force; `None`: the entry is published.
    pub warning: Option<EntryWarning>,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 with the draft, one more with each event: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    AwaitingSignatures {
        signatures: Vec<Signature>,
    },
    /// Every party to every document has signed.
    Active {
        signatures: Vec<Signature>,
        at: OffsetDateTime,
    },
    /// No data flows until it is resumed.
    Suspended {
        signatures: Vec<Signature>,
        activated: OffsetDateTime,
        suspension: Suspension,
    },
    /// Given up before it was active.
    Cancelled {
        signatures: Vec<Signature>,
        reason: String,
        at: OffsetDateTime,
    },
    /// Was active, and is no more.
    Ended {
        signatures: Vec<Signature>,
        activated: OffsetDateTime,
        end: End,
        at: OffsetDateTime,
    },
}

/// What happened, for the store and the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Drafted { documents: Vec<Rendered> },
    Signed { signature: Signature },
    Activated,
    Cancelled,
    Suspended,
    Resumed,
    Expired,
    Terminated,
    TerminationFiled,
    Replaced,
    DisposalAttested,
    DisposalOverdue,
    EntryWarned,
    EntryWarningLifted,
}

/// A change with its events; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    agreement: Agreement,
    happened: Vec<Happened>,
}

impl Transition {
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// What happened in its order, each with the version that the agreement had with it.
    pub fn happened(&self) -> impl Iterator<Item = (i64, &Happened)> {
        let before = self.agreement.version - self.happened.len() as i64;
        (before + 1..).zip(&self.happened)
    }

    pub fn is_activation(&self) -> bool {
        self.happened.contains(&Happened::Activated)
    }

    /// The agreement that has to end with this change.
    pub fn replaced(&self) -> Option<AgreementId> {
        let replaces = self.agreement.replaces.as_ref().filter(|_| self.is_activation());
        replaces.map(|replaced| replaced.agreement)
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    CaseNotConsented {
        state: &'static str,
    },
    /// The case has an agreement that is not cancelled, or one that is to replace it waits for signatures.
    AgreementExists,
    /// The installation does not list the pack of the case in the version of its receipt.
    PackUnknown {
        pack: String,
    },
    /// What is replaced is an agreement about an entry that is not published.
    EntryNotPublished {
        state: &'static str,
    },
    /// These parties' register records lack what an agreement needs.
    Provisional {
        units: Vec<UnitId>,
    },
    TermsInvalid {
        problems: Vec<TermsProblem>,
    },
    NoSuchDocument {
        agreement: AgreementId,
        kind: DocumentKind,
    },
    /// The unit is not a party to the document.
    NotASignatory,
    WrongState {
        state: &'static str,
    },
    /// The last day of validity passed before all had signed.
    ValidityOver,
    /// The key is not an active key of the signing unit.
    KeyNotActive,
    SignatureInvalid,
    /// The party signed the document with another signature.
    AlreadySigned,
    /// The agreement to be replaced is not in force any more.
    ReplacedOver {
        state: &'static str,
    },
    /// What a suspension or termination lacks, all at once; at least one.
    Faulty(Vec<Fault>),
    /// Another unit suspended the agreement.
    SuspendedByOther,
    /// The termination is on file.
    FiledBefore,
    DutyDischarged,
    DisposalNotAllowed,
    /// The duty is not open, not overdue, or marked already.
    DutyNotOverdue,
    /// The last day of validity has not passed.
    NotOver,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::AwaitingSignatures { .. } => "AWAITING_SIGNATURES",
            Self::Active { .. } => "ACTIVE",
            Self::Suspended { .. } => "SUSPENDED",
            Self::Cancelled { .. } => "CANCELLED",
            Self::Ended { end, .. } => end.name(),
        }
    }

    pub fn signatures(&self) -> &[Signature] {
        match self {
            Self::AwaitingSignatures { signatures }
            | Self::Active { signatures, .. }
            | Self::Suspended { signatures, .. }
            | Self::Cancelled { signatures, .. }
            | Self::Ended { signatures, .. } => signatures,
        }
    }

    /// What the user owes after the end.
    pub fn duty(&self) -> Option<&DisposalDuty> {
        match self {
            Self::Ended { end, .. } => end.duty(),
            Self::AwaitingSignatures { .. }
            | Self::Active { .. }
            | Self::Suspended { .. }
            | Self::Cancelled { .. } => None,
        }
    }
}

impl Agreement {
    /// The agreement of a consented case; its documents are rendered here and never again.
    pub fn draft(
        id: AgreementId,
        matter: &Matter<'_>,
        terms: Terms,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        match matter.case.standing {
            Standing::Consented => {}
            Standing::Agreed => return Err(Rejection::AgreementExists),
            Standing::WithoutConsent { state } => return Err(Rejection::CaseNotConsented { state }),
        }
        let problems = terms.problems(matter, shanghai_date(now));
        Self::rendered(id, matter, terms, problems, None, by, now)
    }

    /// The draft with its documents, if nothing is wrong with its terms and parties.
    fn rendered(
        id: AgreementId,
        matter: &Matter<'_>,
        mut terms: Terms,
        problems: Vec<TermsProblem>,
        replaces: Option<Replacement>,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        if !problems.is_empty() {
            return Err(Rejection::TermsInvalid { problems });
        }
        let units = matter.parties.provisional();
        if !units.is_empty() {
            return Err(Rejection::Provisional { units });
        }
        if terms.disposal_days == 0 {
            terms.disposal_days = matter.pack.agreement.disposal_days.value;
        }
        let parties = matter.parties.ids();
        let replaced = replaces.as_ref();
        let contents =
            Contents { id, matter, terms: &terms, replaces: replaced, drafted: shanghai_date(now) };
        let documents = document::render(&contents, &parties);
        let agreement = Self {
            id,
            case: matter.case.id,
            case_number: matter.case.number.clone(),
            document_number: matter.number.to_owned(),
            entry: matter.case.entry,
            entry_version: matter.case.entry_version,
            parties,
            terms,
            conditions: matter.case.conditions.clone(),
            pack: format!("{}/{}", matter.pack.id, matter.pack.version),
            rules: Rules::of(matter.pack),
            replaces,
            documents: documents.iter().map(|rendered| rendered.document.clone()).collect(),
            drafted_by: by.subject.clone(),
            state: State::AwaitingSignatures { signatures: Vec::new() },
            warning: None,
            created: now,
            updated: now,
            version: 1,
        };
        Ok(Transition { agreement, happened: vec![Happened::Drafted { documents }] })
    }

    /// Whether `unit` may sign a document now, told before its key and signature are looked at.
    pub fn check_signable(
        &self,
        kind: DocumentKind,
        unit: &UnitId,
        now: OffsetDateTime,
    ) -> Result<&Document, Rejection> {
        let document = self.documents.iter().find(|document| document.kind == kind);
        let document = document.ok_or(Rejection::NoSuchDocument { agreement: self.id, kind })?;
        if !document.signatories.contains(unit) {
            return Err(Rejection::NotASignatory);
        }
        let today = shanghai_date(now);
        match &self.state {
            State::AwaitingSignatures { .. } if today > self.terms.valid_until => {
                Err(Rejection::ValidityOver)
            }
            State::AwaitingSignatures { .. } => Ok(document),
            State::Active { .. }
            | State::Suspended { .. }
            | State::Cancelled { .. }
            | State::Ended { .. } => Err(Rejection::WrongState { state: self.state_on(today) }),
        }
    }

    /// Whether this very signature is part of the agreement.
    pub fn holds(&self, kind: DocumentKind, unit: &UnitId, key: &str, bytes: &[u8]) -> bool {
        self.signature(kind, unit).is_some_and(|known| known.key == key && known.bytes == bytes)
    }

    /// A party signs; with the last signature that is needed the agreement is active. `None`: the same signature
    /// is there already.
    pub fn sign(self, verified: &Verified, now: OffsetDateTime) -> Result<Option<Transition>, Rejection> {
        let signature = verified.signature(now);
        if self.holds(signature.kind, &signature.unit, &signature.key, &signature.bytes) {
            return Ok(None);
        }
        let document = self.check_signable(signature.kind, &signature.unit, now)?;
        if document.sha256 != verified.document_sha256() {
            return Err(Rejection::SignatureInvalid);
        }
        if self.signature(signature.kind, &signature.unit).is_some() {
            return Err(Rejection::AlreadySigned);
        }
        let mut signatures = self.state.signatures().to_vec();
        signatures.push(signature.clone());
        let signed = Happened::Signed { signature };
        if self.is_complete(&signatures) {
            let state = State::Active { signatures, at: now };
            return Ok(Some(self.become_state(state, vec![signed, Happened::Activated], now)));
        }
        Ok(Some(self.become_state(State::AwaitingSignatures { signatures }, vec![signed], now)))
    }

    /// Gives up an agreement that is not active yet.
    pub fn cancel(self, reason: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::AwaitingSignatures { signatures } = &self.state else {
            return Err(Rejection::WrongState { state: self.state_on(shanghai_date(now)) });
        };
        let state = State::Cancelled { signatures: signatures.clone(), reason, at: now };
        Ok(self.become_state(state, vec![Happened::Cancelled], now))
    }

    /// The state as it is told on a day (Asia/Shanghai): active until the last day of validity, then expired.
    pub fn state_on(&self, today: Date) -> &'static str {
        match &self.state {
            State::Active { .. } | State::Suspended { .. } if today > self.terms.valid_until => "EXPIRED",
            State::Active { .. }
            | State::Suspended { .. }
            | State::AwaitingSignatures { .. }
            | State::Cancelled { .. }
            | State::Ended { .. } => self.state.name(),
        }
    }

    /// Whether it is signed by all, not suspended, and not over on a day.
    pub fn is_active_on(&self, today: Date) -> bool {
        self.state_on(today) == "ACTIVE"
    }

    /// The day on which the last of the parties signed (Asia/Shanghai).
    pub fn activated_on(&self) -> Option<Date> {
        match &self.state {
            State::Active { at, .. }
            | State::Suspended { activated: at, .. }
            | State::Ended { activated: at, .. } => Some(shanghai_date(*at)),
            State::AwaitingSignatures { .. } | State::Cancelled { .. } => None,
        }
    }

    fn signature(&self, kind: DocumentKind, unit: &UnitId) -> Option<&Signature> {
        self.state.signatures().iter().find(|known| known.kind == kind && known.unit == *unit)
    }

    fn is_complete(&self, signatures: &[Signature]) -> bool {
        let signed = |kind, unit: &UnitId| signatures.iter().any(|s| s.kind == kind && s.unit == *unit);
        let complete = |document: &Document| document.signatories.iter().all(|u| signed(document.kind, u));
        self.documents.iter().all(complete)
    }

    fn become_state(mut self, state: State, happened: Vec<Happened>, now: OffsetDateTime) -> Transition {
        self.state = state;
        self.updated = now;
        self.version += happened.len() as i64;
        Transition { agreement: self, happened }
    }
}
