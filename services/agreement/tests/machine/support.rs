//! A consented case with its resource, parties and keys.

use agreement::agreement::warning::{EntryWarning, Withdrawn};
use agreement::agreement::{Agreement, DocumentKind, Happened, Rejection, Rendered, Transition};
use agreement::case::{Case, Ground, Matter, NamedParties, Party, Resource, Standing};
use agreement::signing::{self, Key, Verified};
use agreement::signing_input;
use agreement::terms::Terms;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use govshare_model::pack::Pack;
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;
use time::macros::{date, datetime};
use uuid::uuid;

pub const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 +8);
pub const ALL: [&str; 3] = ["jiaowei", "weishengju", "info-office"];

pub const NUMBER: &str = "信办协〔2026〕5号";

pub fn unit(name: &str) -> UnitId {
    name.parse().expect("a slug")
}

pub fn drafter() -> Actor {
    actor("weishengju", Role::Drafter)
}

pub fn actor(of: &str, role: Role) -> Actor {
    Actor { subject: Subject(role.as_str().to_owned()), unit: unit(of), roles: [role].into_iter().collect() }
}

pub fn pack(id: &str) -> &'static Pack {
    Pack::builtin(id).expect("it ships")
}

pub fn case() -> Case {
    Case {
        id: CaseId(uuid!("0192f0c1-0000-7000-8000-000000000001")),
        number: "2026-000012".to_owned(),
        applicant: unit("jiaowei"),
        provider: unit("weishengju"),
        entry: EntryId(uuid!("0192f0c1-0000-7000-8000-000000000002")),
        entry_version: 3,
        items: Vec::new(),
        in_words: false,
        conditions: String::new(),
        standing: Standing::Consented,
        pack: "xicheng-2014/1".to_owned(),
    }
}

pub fn resource(grounds: &[Ground]) -> Resource {
    Resource {
        title: "托幼机构卫生评价结果".to_owned(),
        items: ["机构名称", "评价等级", "评价日期"].map(str::to_owned).to_vec(),
        grounds: grounds.to_vec(),
    }
}

pub fn parties() -> NamedParties {
    let party = |id: &str, name: &str| Party {
        unit: unit(id),
        name: name.to_owned(),
        prefix: name.to_owned(),
        provisional: false,
    };
    NamedParties {
        applicant: party("jiaowei", "区教委"),
        provider: party("weishengju", "区卫生局"),
        info_office: party("info-office", "区政府信息办"),
    }
}

pub fn terms() -> Terms {
    Terms {
        purpose: "幼儿园招生资格审核".to_owned(),
        items: vec!["机构名称".to_owned(), "评价等级".to_owned()],
        delivery: "通过区交换平台每季度提供一次".to_owned(),
        delivery_mode: None,
        frequency: String::new(),
        give_back: Vec::new(),
        valid_from: date!(2026 - 03 - 02),
        valid_until: date!(2026 - 12 - 31),
        retention: "有效期届满后三十日内删除全部副本".to_owned(),
        disposal_days: 30,
    }
}

pub fn entry_warning(withdrawn: Withdrawn) -> EntryWarning {
    EntryWarning { withdrawn, reason: "系统检修".to_owned(), since: NOW }
}

pub fn id() -> AgreementId {
    AgreementId(uuid!("0192f0c1-0000-7000-8000-000000000003"))
}

pub fn draft(
    case: &Case,
    resource: &Resource,
    parties: &NamedParties,
    terms: Terms,
) -> Result<Transition, Rejection> {
    let matter = Matter { number: NUMBER, case, resource, parties, pack: pack("xicheng-2014") };
    Agreement::draft(id(), &matter, terms, &drafter(), NOW)
}

/// A drafted agreement with its documents.
pub fn drafted(grounds: &[Ground]) -> (Agreement, Vec<Rendered>) {
    let transition = draft(&case(), &resource(grounds), &parties(), terms()).expect("all is in order");
    (transition.agreement().clone(), rendered(&transition))
}

/// The documents of a draft.
pub fn rendered(transition: &Transition) -> Vec<Rendered> {
    let documents = transition.happened().find_map(|(_, happened)| match happened {
        Happened::Drafted { documents } => Some(documents.clone()),
        _ => None,
    });
    documents.expect("drafting renders")
}

/// A unit's key pair; the same for the same unit and number.
pub fn key(of: &str, number: u8) -> (Ed25519KeyPair, Key) {
    let mut seed = [number; 32];
    seed[1..=of.len()].copy_from_slice(of.as_bytes());
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("32 bytes are a seed");
    let public_key = pair.public_key().as_ref().to_vec();
    let id = agreement::document::sha256(&public_key);
    (pair, Key { id, unit: unit(of), algorithm: "ed25519".to_owned(), public_key, active: true })
}

pub fn content(documents: &[Rendered], kind: DocumentKind) -> &[u8] {
    let found = documents.iter().find(|rendered| rendered.document.kind == kind);
    &found.expect("the agreement has this document").content
}

/// A verified signature of a unit with its key of that number.
pub fn signed(documents: &[Rendered], kind: DocumentKind, by: &str, number: u8) -> Verified {
    let (pair, key) = key(by, number);
    let content = content(documents, kind);
    let signature = pair.sign(&signing_input(kind, "ed25519", content));
    signing::verify(kind, content, &unit(by), &key, signature.as_ref().to_vec()).expect("signed by this key")
}

/// Signs with the unit's first key.
pub fn sign(agreement: Agreement, documents: &[Rendered], kind: DocumentKind, by: &str) -> Agreement {
    let transition = agreement.sign(&signed(documents, kind, by, 1), NOW);
    transition.expect("may sign").expect("is new").agreement().clone()
}

/// An agreement that all have signed.
pub fn active() -> (Agreement, Vec<Rendered>) {
    let (agreement, documents) = drafted(&[]);
    let sign = |agreement, by: &&str| sign(agreement, &documents, DocumentKind::Agreement, by);
    let signed = ALL.iter().fold(agreement, sign);
    (signed, documents)
}
