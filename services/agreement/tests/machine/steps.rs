//! Signing and cancelling: active exactly when everybody who must has signed.

use agreement::agreement::{Agreement, DocumentKind, Happened, Rejection, Rendered, State};
use agreement::case::Ground;
use proptest::prelude::*;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

use crate::support::{ALL, NOW, active, drafted, sign, signed, unit};

const AGREEMENT: DocumentKind = DocumentKind::Agreement;
const CONFIDENTIALITY: DocumentKind = DocumentKind::Confidentiality;
const NEEDED: [(DocumentKind, &str); 5] = [
    (AGREEMENT, "jiaowei"),
    (AGREEMENT, "weishengju"),
    (AGREEMENT, "info-office"),
    (CONFIDENTIALITY, "weishengju"),
    (CONFIDENTIALITY, "jiaowei"),
];

#[test]
fn the_last_signature_signs_and_activates_in_one_transition() {
    let (agreement, documents) = drafted(&[]);
    let agreement = sign(agreement, &documents, AGREEMENT, "info-office");
    let agreement = sign(agreement, &documents, AGREEMENT, "jiaowei");
    assert!(matches!(agreement.state, State::AwaitingSignatures { .. }));
    assert_eq!(agreement.version, 3);
    let last = agreement.sign(&signed(&documents, AGREEMENT, "weishengju", 1), NOW);
    let last = last.expect("may sign").expect("is new");
    let happened: Vec<_> = last.happened().collect();
    assert!(matches!(happened[..], [(4, Happened::Signed { .. }), (5, Happened::Activated)]), "{happened:?}");
    assert!(last.is_activation());
    assert_eq!(last.agreement().version, 5);
    assert!(matches!(last.agreement().state, State::Active { at, .. } if at == NOW));
}

#[test]
fn art31_the_confidentiality_agreement_must_be_signed_too() {
    let (agreement, documents) = drafted(&[Ground::TradeSecret]);
    let agreement = ALL.iter().fold(agreement, |agreement, by| sign(agreement, &documents, AGREEMENT, by));
    assert!(matches!(agreement.state, State::AwaitingSignatures { .. }));
    let agreement = sign(agreement, &documents, CONFIDENTIALITY, "jiaowei");
    assert!(matches!(agreement.state, State::AwaitingSignatures { .. }));
    let agreement = sign(agreement, &documents, CONFIDENTIALITY, "weishengju");
    assert!(matches!(agreement.state, State::Active { .. }));
}

#[test]
fn the_same_signature_again_changes_nothing_in_any_state() {
    let (agreement, documents) = drafted(&[]);
    let once = signed(&documents, AGREEMENT, "jiaowei", 1);
    let agreement = sign(agreement, &documents, AGREEMENT, "jiaowei");
    assert_eq!(agreement.clone().sign(&once, NOW), Ok(None));
    let cancelled = agreement.cancel("改期".to_owned(), NOW).expect("not active").agreement().clone();
    assert_eq!(cancelled.sign(&once, NOW), Ok(None));
    let (active, documents) = active();
    assert_eq!(active.sign(&signed(&documents, AGREEMENT, "jiaowei", 1), NOW), Ok(None));
}

#[test]
fn every_refusal_is_the_one_that_the_contract_names() {
    let (agreement, documents) = drafted(&[Ground::TradeSecret]);
    let (_, other_documents) = drafted(&[Ground::PersonalPrivacy]);
    let try_sign = |agreement: &Agreement, documents: &[Rendered], kind, by, number, now| {
        agreement.clone().sign(&signed(documents, kind, by, number), now).err()
    };
    let one = sign(agreement.clone(), &documents, AGREEMENT, "jiaowei");
    let cancelled = one.clone().cancel("改期".to_owned(), NOW).expect("not active").agreement().clone();
    let (active, active_documents) = active();
    let over = datetime!(2027-01-01 00:00 +8);
    let last_moment = datetime!(2026-12-31 23:59:59 +8);
    let wrong = |state| Some(Rejection::WrongState { state });

    assert_eq!(
        try_sign(&one, &documents, AGREEMENT, "jiaowei", 2, NOW),
        Some(Rejection::AlreadySigned),
        "another key of the same unit"
    );
    assert_eq!(
        try_sign(&one, &documents, CONFIDENTIALITY, "info-office", 1, NOW),
        Some(Rejection::NotASignatory)
    );
    assert_eq!(try_sign(&one, &documents, AGREEMENT, "minzhengju", 1, NOW), Some(Rejection::NotASignatory));
    assert_eq!(
        try_sign(&one, &other_documents, AGREEMENT, "weishengju", 1, NOW),
        Some(Rejection::SignatureInvalid),
        "signed another agreement's bytes"
    );
    assert_eq!(
        try_sign(&active, &documents, CONFIDENTIALITY, "jiaowei", 1, NOW),
        Some(Rejection::NoSuchDocument { agreement: active.id, kind: CONFIDENTIALITY })
    );
    assert_eq!(try_sign(&one, &documents, AGREEMENT, "weishengju", 1, last_moment), None);
    assert_eq!(try_sign(&one, &documents, AGREEMENT, "weishengju", 1, over), Some(Rejection::ValidityOver));
    assert_eq!(try_sign(&cancelled, &documents, AGREEMENT, "weishengju", 1, NOW), wrong("CANCELLED"));
    assert_eq!(try_sign(&active, &active_documents, AGREEMENT, "jiaowei", 2, NOW), wrong("ACTIVE"));
    assert_eq!(try_sign(&active, &active_documents, AGREEMENT, "jiaowei", 2, over), wrong("EXPIRED"));

    let cancel = |agreement: &Agreement, now| agreement.clone().cancel("改期".to_owned(), now).err();
    assert_eq!(cancel(&one, over), None, "one that can no longer be signed makes room for another");
    assert_eq!(cancel(&cancelled, NOW), wrong("CANCELLED"));
    assert_eq!(cancel(&active, NOW), wrong("ACTIVE"));
    assert_eq!(cancel(&active, over), wrong("EXPIRED"));
}

#[test]
fn an_active_agreement_is_told_as_expired_after_its_last_day() {
    let (agreement, _) = active();
    assert_eq!(agreement.state_on(date!(2026 - 12 - 31)), "ACTIVE");
    assert_eq!(agreement.state_on(date!(2027 - 01 - 01)), "EXPIRED");
    let (awaiting, _) = drafted(&[]);
    assert_eq!(awaiting.state_on(date!(2027 - 01 - 01)), "AWAITING_SIGNATURES");
}

#[test]
fn the_info_office_signs_once_where_it_is_itself_a_party() {
    use crate::support::{case, draft, parties, resource, terms};
    let mut named = parties();
    named.provider = named.info_office.clone();
    let transition = draft(&case(), &resource(&[]), &named, terms()).expect("all is in order");
    let units = &transition.agreement().documents[0].signatories;
    assert_eq!(*units, [unit("jiaowei"), unit("info-office")]);
}

#[derive(Debug, Clone)]
enum Step {
    Sign { kind: DocumentKind, by: &'static str, key: u8 },
    Cancel,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = prop::sample::select(vec![AGREEMENT, CONFIDENTIALITY]);
    let units = prop::sample::select(vec!["jiaowei", "weishengju", "info-office", "minzhengju"]);
    prop_oneof![
        24 => (kinds, units, 1..3u8).prop_map(|(kind, by, key)| Step::Sign { kind, by, key }),
        1 => Just(Step::Cancel),
        1 => Just(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn every_order_of_signing_ends_active_and_none_is_active_before_the_last(
        order in Just(NEEDED.to_vec()).prop_shuffle()
    ) {
        let (mut agreement, documents) = drafted(&[Ground::TradeSecret]);
        for (signed, (kind, by)) in order.into_iter().enumerate() {
            prop_assert!(matches!(agreement.state, State::AwaitingSignatures { .. }), "active after {}", signed);
            agreement = sign(agreement, &documents, kind, by);
        }
        prop_assert_eq!(agreement.state.name(), "ACTIVE");
        prop_assert_eq!(agreement.version, 1 + 5 + 1);
    }

    /// Whatever is tried in whatever order: active means every needed signature and nothing else; a cancelled or
    /// active agreement never changes again; no party signs a document twice; versions follow the events.
    #[test]
    fn active_always_means_signed_by_all(
        sensitive in any::<bool>(),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let grounds = [Ground::TradeSecret];
        let (mut agreement, documents) = drafted(if sensitive { &grounds } else { &[] });
        let needed: Vec<_> =
            NEEDED.into_iter().filter(|(kind, _)| sensitive || *kind == AGREEMENT).collect();
        let mut now: OffsetDateTime = NOW;
        for step in steps {
            let before = agreement.clone();
            let tried = match step {
                Step::Wait => {
                    now += Duration::days(200);
                    continue;
                }
                Step::Cancel => agreement.cancel("改期".to_owned(), now).map(Some),
                Step::Sign { kind: CONFIDENTIALITY, .. } if !sensitive => continue,
                Step::Sign { kind, by, key } => agreement.sign(&signed(&documents, kind, by, key), now),
            };
            agreement = match tried {
                Err(_) | Ok(None) => before,
                Ok(Some(transition)) => {
                    prop_assert!(matches!(before.state, State::AwaitingSignatures { .. }), "changed after its end");
                    let versions: Vec<_> = transition.happened().map(|(version, _)| version).collect();
                    prop_assert_eq!(versions.first(), Some(&(before.version + 1)));
                    prop_assert_eq!(versions.last(), Some(&transition.agreement().version));
                    transition.agreement().clone()
                }
            };
            let mut pairs: Vec<_> =
                agreement.state.signatures().iter().map(|s| (s.kind, s.unit.to_string())).collect();
            let count = pairs.len();
            pairs.sort_by_key(|(kind, unit)| (kind.as_str(), unit.clone()));
            pairs.dedup();
            prop_assert_eq!(pairs.len(), count, "a party signed twice");
            let complete = needed.iter().all(|(kind, by)| pairs.contains(&(*kind, (*by).to_owned())));
            match &agreement.state {
                State::Active { .. } => prop_assert!(complete && count == needed.len()),
                State::AwaitingSignatures { .. } => prop_assert!(!complete),
                State::Cancelled { reason, .. } => prop_assert!(!complete && reason == "改期"),
                other @ (State::Suspended { .. } | State::Ended { .. }) => {
                    prop_assert!(false, "signing and cancelling lead to {}", other.name());
                }
            }
        }
    }
}
