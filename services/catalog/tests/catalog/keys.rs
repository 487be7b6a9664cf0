use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use catalog::unit_keys::key::{Happened, InfoOffice, Rejection, State, Transition, UnitKey};
use catalog::unit_keys::public_key::{InvalidKey, PublicKey};
use govshare_model::task::WaitsFor;

use crate::minute;

struct Pair(Ed25519KeyPair);

impl Pair {
    fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed"))
    }

    fn public(&self) -> PublicKey {
        PublicKey::try_from(self.0.public_key().as_ref()).expect("a good key")
    }

    fn sign(&self, key: &UnitKey) -> Vec<u8> {
        self.0.sign(&key.statement()).as_ref().to_vec()
    }
}

fn office() -> InfoOffice {
    InfoOffice { unit: "info-office".parse().expect("a slug"), root: Some(Pair::new(1).public()) }
}

fn only(mut changes: Vec<Transition>) -> UnitKey {
    assert_eq!(changes.len(), 1, "{changes:?}");
    changes.remove(0).key().clone()
}

fn root() -> UnitKey {
    only(UnitKey::register(office().unit, Pair::new(1).public(), &office(), None, minute(0)).expect("root"))
}

fn pending(unit: &str, seed: u8) -> UnitKey {
    let unit = unit.parse().expect("a slug");
    only(UnitKey::register(unit, Pair::new(seed).public(), &office(), None, minute(1)).expect("registered"))
}

fn active(unit: &str, seed: u8) -> UnitKey {
    let key = pending(unit, seed);
    let signature = Pair::new(1).sign(&key);
    only(key.countersign(&root(), signature, &office(), None, minute(2)).expect("countersigned"))
}

#[test]
fn the_statement_is_exactly_what_the_contract_says() {
    let key = pending("jiaowei", 2);
    let hex = hex::encode(key.public_key.as_bytes());
    assert_eq!(key.statement(), format!("govshare/unit-key/v1\njiaowei\ned25519\n{hex}\n").into_bytes());
}

#[test]
fn the_configured_root_key_is_active_at_once_by_its_own_word() {
    let root = root();
    let State::Active { countersignature } = &root.state else { panic!("{:?}", root.state) };
    assert_eq!(countersignature.key, root.id);
    assert!(countersignature.signature.is_empty());
}

#[test]
fn another_first_key_of_the_info_office_is_refused() {
    let register = |office: &InfoOffice| {
        UnitKey::register(office.unit.clone(), Pair::new(7).public(), office, None, minute(0))
    };
    assert_eq!(register(&office()), Err(Rejection::NotTheRootKey));
    assert_eq!(register(&InfoOffice { root: None, ..office() }), Err(Rejection::NotTheRootKey));
}

#[test]
fn the_root_key_is_nothing_special_in_another_units_hands() {
    let unit = "jiaowei".parse().expect("a slug");
    let key =
        only(UnitKey::register(unit, Pair::new(1).public(), &office(), None, minute(0)).expect("pending"));
    assert_eq!(key.state, State::Pending);
    let [task] = key.tasks(&office().unit).try_into().expect("one task");
    assert_eq!((task.kind, task.waits_for), ("countersign", WaitsFor::Unit(office().unit)));
    assert_eq!(root().tasks(&office().unit), []);
}

#[test]
fn a_countersigned_key_replaces_the_active_one() {
    let old = active("jiaowei", 2);
    let new = pending("jiaowei", 3);
    let signature = Pair::new(1).sign(&new);
    let changes =
        new.countersign(&root(), signature, &office(), Some(old.clone()), minute(5)).expect("countersigned");
    let happened: Vec<_> =
        changes.iter().map(|change| (change.key().state.name(), change.happened())).collect();
    assert_eq!(happened, [("SUPERSEDED", Happened::Superseded), ("ACTIVE", Happened::Countersigned)]);
    assert_eq!(changes[0].key().id, old.id);
    assert_eq!(changes[0].key().state.ended(), Some(minute(5)));
    assert_eq!(changes[0].key().version, old.version + 1);
}

#[test]
fn a_new_root_key_replaces_the_info_offices_active_one() {
    let rotated = InfoOffice { root: Some(Pair::new(9).public()), ..office() };
    let changes = UnitKey::register(office().unit, Pair::new(9).public(), &rotated, Some(root()), minute(5))
        .expect("root");
    let states: Vec<_> = changes.iter().map(|change| change.key().state.name()).collect();
    assert_eq!(states, ["SUPERSEDED", "ACTIVE"]);
}

#[test]
fn a_signature_of_another_key_or_over_another_statement_does_not_count() {
    let key = pending("jiaowei", 2);
    for wrong in [Pair::new(2).sign(&key), Pair::new(1).sign(&pending("minzhengju", 2)), vec![0; 64], vec![]]
    {
        let refused = key.clone().countersign(&root(), wrong, &office(), None, minute(2));
        assert_eq!(refused, Err(Rejection::SignatureInvalid));
    }
}

#[test]
fn only_an_active_key_of_the_info_office_countersigns() {
    let key = pending("jiaowei", 2);
    let revoked = root().revoke("丢失".to_owned(), minute(1)).expect("a change").key().clone();
    let signers = [(active("minzhengju", 4), Pair::new(4)), (revoked, Pair::new(1))];
    for (by, pair) in signers {
        let refused = key.clone().countersign(&by, pair.sign(&key), &office(), None, minute(2));
        assert_eq!(refused, Err(Rejection::KeyNotActive));
    }
}

#[test]
fn only_a_pending_key_is_countersigned_and_a_revoked_one_stays_revoked() {
    let pending = pending("jiaowei", 2);
    let active = active("jiaowei", 2);
    let revoked = active.clone().revoke("丢失".to_owned(), minute(3)).expect("a change").key().clone();
    for key in [active.clone(), revoked.clone()] {
        let (state, signature) = (key.state.name(), Pair::new(1).sign(&key));
        let refused = key.countersign(&root(), signature, &office(), None, minute(4));
        assert_eq!(refused, Err(Rejection::WrongState { state }));
    }
    assert_eq!(revoked.state.countersignature(), active.state.countersignature());
    assert_eq!(revoked.revoke("again".to_owned(), minute(5)), None);
    let never_active = pending.revoke("误登记".to_owned(), minute(5)).expect("a change");
    assert_eq!(never_active.key().state.countersignature(), None);
}

#[test]
fn bytes_that_no_signature_can_depend_on_are_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    let order_eight = hex::decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    let order_eight = order_eight.expect("hexadecimal");
    let mut negated = order_eight.clone();
    negated[31] |= 0x80;
    for key in [&[0; 32][..], &one, &order_eight, &negated] {
        assert_eq!(PublicKey::try_from(key), Err(InvalidKey::SmallOrder), "{}", hex::encode(key));
    }
    assert_eq!(PublicKey::try_from(&[0xff; 32][..]), Err(InvalidKey::Encoding));
    assert_eq!(PublicKey::try_from(&[1; 31][..]), Err(InvalidKey::Length(31)));
}

#[test]
fn the_key_id_is_the_sha256_of_the_raw_key() {
    // Test 1 of RFC 8032, 7.1.
    let raw = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let key = PublicKey::try_from(raw.expect("hexadecimal").as_slice()).expect("a good key");
    assert_eq!(key.id().as_str(), "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9");
    assert!(key.id().as_str().parse::<catalog::unit_keys::public_key::KeyId>().is_ok());
}
