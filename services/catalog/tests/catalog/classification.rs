use std::collections::BTreeMap;

use catalog::classification::code::{ClassificationCode, InvalidCode, Level, ResourceCode};
use catalog::classification::node::{Happened, Node, Rejection, State, Wanted, register};
use proptest::prelude::*;

use crate::minute;

fn code(text: &str) -> ClassificationCode {
    text.parse().expect("a code")
}

fn wanted(nodes: &[(&str, &str)]) -> Vec<Wanted> {
    nodes.iter().map(|(text, name)| Wanted { code: code(text), name: (*name).to_owned() }).collect()
}

type Register = BTreeMap<ClassificationCode, Node>;

/// The register after a call that is allowed.
fn registered(mut known: Register, nodes: &[(&str, &str)]) -> Register {
    let changes = register(wanted(nodes), &known, minute(1)).expect("allowed");
    known.extend(changes.iter().map(|change| (change.node().code.clone(), change.node().clone())));
    known
}

fn tree() -> Register {
    registered(Register::new(), &[("3", "部门"), ("307", "教育"), ("307001", "学校"), ("3070010012", "小学")])
}

#[test]
fn codes_have_the_lengths_of_the_guideline() {
    for (text, level, parent) in [
        ("3", Level::Class, None),
        ("307", Level::Section, Some("3")),
        ("307001", Level::Heading, Some("307")),
        ("3070010", Level::Subheading, Some("307001")),
        ("307001000000000012", Level::Subheading, Some("307001")),
    ] {
        assert_eq!(code(text).level(), level, "{text}");
        assert_eq!(code(text).parent(), parent.map(code), "{text}");
    }
    for (text, problem) in [
        ("", InvalidCode::Length(0)),
        ("30", InvalidCode::Length(2)),
        ("30701", InvalidCode::Length(5)),
        ("3070010000000000123", InvalidCode::Length(19)),
        ("30a", InvalidCode::NotDigits),
        ("３", InvalidCode::NotDigits),
    ] {
        assert_eq!(text.parse::<ClassificationCode>(), Err(problem), "{text}");
    }
    let path: Vec<_> = code("3070010012").path().iter().map(ToString::to_string).collect();
    assert_eq!(path, ["3", "307", "307001", "3070010012"]);
}

#[test]
fn resource_codes_are_a_heading_or_subheading_and_a_number() {
    for (text, problem) in [
        ("307001000012", InvalidCode::NoSlash),
        ("307/000012", InvalidCode::NotCodable),
        ("307001/12", InvalidCode::Sequence),
        ("307001/000000", InvalidCode::Sequence),
        ("307001/0000012", InvalidCode::Sequence),
        ("307001/00001x", InvalidCode::Sequence),
        ("307001/99999999999999999999", InvalidCode::Sequence),
        ("30x001/000012", InvalidCode::NotDigits),
    ] {
        assert_eq!(text.parse::<ResourceCode>(), Err(problem), "{text}");
    }
    assert_eq!(
        "307001/1000012".parse::<ResourceCode>().map(|code| code.to_string()).as_deref(),
        Ok("307001/1000012")
    );
}

#[test]
fn a_call_registers_a_whole_branch_in_any_order() {
    let nodes = [("307001", "学校"), ("3", "部门"), ("3070010012", "小学"), ("307", "教育")];
    let changes = register(wanted(&nodes), &Register::new(), minute(1)).expect("allowed");
    let codes: Vec<_> = changes.iter().map(|change| change.node().code.to_string()).collect();
    assert_eq!(codes, ["3", "307", "307001", "3070010012"], "parents first");
    assert!(changes.iter().all(|change| change.happened() == Happened::Registered));
}

#[test]
fn a_known_code_is_renamed_or_left_alone() {
    let changes =
        register(wanted(&[("307", "教育"), ("307001", "中小学")]), &tree(), minute(2)).expect("allowed");
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].happened(), changes[0].node().version), (Happened::Renamed, 2));
    assert_eq!(changes[0].node().name, "中小学");
}

#[test]
fn every_node_that_cannot_be_registered_is_named() {
    let mut known = tree();
    let retired = known[&code("3070010012")].clone().retire(false, minute(2)).expect("allowed");
    known.insert(code("3070010012"), retired.node().clone());
    let nodes = [("5", "甲"), ("5", "乙"), ("401", "丙"), ("3070010012", "幼儿园")];
    let rejected = register(wanted(&nodes), &known, minute(3)).expect_err("three are wrong");
    assert_eq!(
        rejected,
        [
            Rejection::NamedTwice { code: code("5") },
            Rejection::Retired { code: code("3070010012") },
            Rejection::NoParent { code: code("401"), parent: code("4") },
        ]
    );
}

#[test]
fn a_node_with_nodes_in_use_below_it_stays() {
    let node = tree()[&code("307001")].clone();
    assert_eq!(node.clone().retire(true, minute(2)), Err(Rejection::HasChildren { code: code("307001") }));
    let retired = node.retire(false, minute(2)).expect("allowed").node().clone();
    assert_eq!(retired.state, State::Retired);
    assert_eq!(retired.retire(false, minute(3)), Err(Rejection::Retired { code: code("307001") }));
}

proptest! {
    /// Whatever is registered and retired in whatever order, what is above a node in use is in use.
    #[test]
    fn what_is_above_a_node_in_use_is_in_use(steps in prop::collection::vec(("[1-2]([0-1]{2}([0-1]{3}[0-1]{0,2})?)?", any::<bool>()), 0..60)) {
        let mut known = Register::new();
        for (text, retire) in steps {
            let code = code(&text);
            if retire {
                let below = |node: &Node| node.state == State::InUse && node.code.parent().as_ref() == Some(&code);
                let has_children = known.values().any(below);
                let Some(Ok(retired)) = known.get(&code).cloned().map(|node| node.retire(has_children, minute(1))) else { continue };
                known.insert(code, retired.node().clone());
            } else if let Ok(changes) = register(vec![Wanted { code, name: text }], &known, minute(1)) {
                known.extend(changes.iter().map(|change| (change.node().code.clone(), change.node().clone())));
            }
            for node in known.values().filter(|node| node.state == State::InUse) {
                let above = node.code.parent().map(|parent| known.get(&parent).map(|node| node.state));
                prop_assert!(above.is_none_or(|state| state == Some(State::InUse)), "{:?}", node.code);
            }
        }
    }

    #[test]
    fn a_resource_code_reads_back(node in "[0-9]{6,18}", sequence in 1..i64::MAX) {
        let made = ResourceCode::new(code(&node), sequence).expect("a code");
        prop_assert_eq!(made.to_string().parse(), Ok(made));
    }

    #[test]
    fn no_text_upsets_the_parser(text in ".{0,30}") {
        if let Ok(read) = text.parse::<ResourceCode>() {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}
