//! Leaves as the kit makes them enter; whatever differs from that in one point does not.

use audit::leaf::{Entry, Flaw, check};
use govshare_model::{Actor, Role, Subject};
use proptest::prelude::*;
use service_kit::event::Event;
use std::collections::BTreeMap;
use time::macros::datetime;

const SERVICE: &str = "access-request";

fn event() -> Event {
    Event {
        aggregate: "access-request/0192f0c1-0000-7000-8000-000000000001".to_owned(),
        version: 3,
        kind: "access-request.refused",
        case: "0192f0c1-0000-7000-8000-000000000001".to_owned(),
        state: "REFUSED",
        article: "26(二)",
        concerns: vec!["jiaowei".parse().expect("a slug"), "weishengju".parse().expect("a slug")],
        attributes: BTreeMap::from([("provider", "weishengju".to_owned())]),
    }
}

fn sealed(event: &Event) -> (String, Vec<u8>) {
    let actor = Actor {
        subject: Subject("zhang".to_owned()),
        unit: "weishengju".parse().expect("a slug"),
        roles: [Role::Approver].into_iter().collect(),
    };
    let sealed = event.seal(SERVICE, Some(&actor), datetime!(2014-10-21 15:59:59.25 UTC)).expect("it fits");
    (String::from_utf8(sealed.leaf).expect("JSON"), sealed.disclosure)
}

fn check_text(leaf: &str) -> Result<Entry, Flaw> {
    check(leaf.as_bytes().to_vec(), Vec::new(), SERVICE)
}

#[test]
fn a_sealed_event_enters_byte_for_byte() {
    let (leaf, disclosure) = sealed(&event());
    let entry = check(leaf.clone().into_bytes(), disclosure.clone(), SERVICE).expect("what the kit writes");
    assert_eq!(entry.leaf, leaf.into_bytes());
    assert_eq!(entry.disclosure, disclosure);
    assert_eq!((entry.aggregate, entry.version, entry.case), (event().aggregate, 3, event().case));
    let concerned: Vec<_> = entry.concerns.iter().map(|unit| unit.as_str()).collect();
    assert_eq!(concerned, ["jiaowei", "weishengju"]);
}

#[test]
fn a_unit_named_twice_is_concerned_once() {
    let mut event = event();
    event.concerns = vec![event.concerns[0].clone(); 2];
    assert_eq!(check_text(&sealed(&event).0).expect("still a leaf").concerns.len(), 1);
}

#[test]
fn one_point_that_is_wrong_keeps_a_leaf_out() {
    let (good, _) = sealed(&event());
    check_text(&good).expect("the original enters");
    let not_canonical: &[(&str, &str)] = &[
        (",", ", "),
        ("refused", "refu\\u0073ed"),
        ("{\"provider\":\"weishengju\"}", "{\"provider\":\"a\",\"provider\":\"weishengju\"}"),
        ("{\"provider\":\"weishengju\"}", "{\"z\":\"1\",\"provider\":\"weishengju\"}"),
        ("{\"provider\":", "{\"提供方\":"),
    ];
    for (from, to) in not_canonical {
        assert_eq!(check_text(&good.replacen(from, to, 1)), Err(Flaw::NotCanonical), "{from} -> {to}");
    }
    let malformed: &[(&str, &str)] = &[
        ("\"v\":1", "\"v\":1,\"w\":2"),
        ("\"version\":3", "\"version\":3.0"),
        ("\"version\":3", "\"version\":\"3\""),
        ("\"state\":\"REFUSED\",", ""),
        ("\"unit\":\"weishengju\",", "\"unit\":\"weishengju\",\"unit\":\"weishengju\","),
    ];
    for (from, to) in malformed {
        let outcome = check_text(&good.replacen(from, to, 1));
        assert!(matches!(outcome, Err(Flaw::Malformed(_))), "{from} -> {to}: {outcome:?}");
    }
    let long = "x".repeat(201);
    let flaws: &[(&str, &str, Flaw)] = &[
        ("\"v\":1", "\"v\":2", Flaw::Envelope(2)),
        ("\"version\":3", "\"version\":0", Flaw::Version(0)),
        ("\"version\":3", "\"version\":9007199254740992", Flaw::Version(1 << 53)),
        ("access-request.refused", "", Flaw::Name { field: "type" }),
        ("access-request.refused", &long, Flaw::Name { field: "type" }),
        ("access-request/", "\\u0000", Flaw::Name { field: "aggregate" }),
        ("\"case\":\"", "\"case\":\"\\n", Flaw::Name { field: "case" }),
        ("2014-10-21T15:59:59.25Z", "2014-10-21", Flaw::Time("2014-10-21".to_owned())),
        (
            "2014-10-21T15:59:59.25Z",
            "2014-10-21T23:59:59+08:00",
            Flaw::Time("2014-10-21T23:59:59+08:00".to_owned()),
        ),
    ];
    for (from, to, flaw) in flaws {
        assert_eq!(check_text(&good.replacen(from, to, 1)).as_ref(), Err(flaw), "{from} -> {to}");
    }
    let bad_unit = check_text(&good.replacen("[\"jiaowei\"", "[\"JIAOWEI\"", 1));
    assert!(matches!(bad_unit, Err(Flaw::Unit(_))), "{bad_unit:?}");
}

#[test]
fn a_service_writes_only_in_its_own_name() {
    let (leaf, _) = sealed(&event());
    let outcome = check(leaf.into_bytes(), Vec::new(), "agreement");
    assert_eq!(
        outcome,
        Err(Flaw::OtherService { named: SERVICE.to_owned(), calling: "agreement".to_owned() })
    );
}

#[test]
fn sizes_are_bounded() {
    let mut event = event();
    event.attributes.insert("note", String::new());
    let room = 65_535 - sealed(&event).0.len();
    event.attributes.insert("note", "x".repeat(room));
    let (largest, _) = sealed(&event);
    check_text(&largest).expect("65535 bytes are allowed");
    assert_eq!(check_text(&format!("{largest} ")), Err(Flaw::TooLarge(65_536)));
    let (leaf, _) = sealed(&self::event());
    assert_eq!(check(leaf.into_bytes(), vec![0; 4097], SERVICE), Err(Flaw::Disclosure(4097)));
}

proptest! {
    /// Whatever text an attribute or state holds, the kit renders it canonically.
    #[test]
    fn every_text_the_kit_seals_enters(value in any::<String>(), version in 1..=(1_i64 << 53) - 1) {
        let mut event = event();
        event.version = version;
        event.attributes.insert("value", value);
        prop_assert!(check_text(&sealed(&event).0).is_ok());
    }

    #[test]
    fn no_bytes_are_too_strange(leaf in any::<Vec<u8>>()) {
        prop_assert!(check(leaf, Vec::new(), SERVICE).is_err());
    }
}
