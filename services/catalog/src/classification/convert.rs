//! Nodes between contract and domain.

use govshare_proto::catalog::v1 as pb;
use service_kit::Violations;
use service_kit::validate::time_to_proto;

use super::code::Level;
use super::node::{Node, State, Wanted};

/// Parses the nodes to register; `violations` hears of every bad field.
pub fn wanted(nodes: &[pb::NewClassificationNode], violations: &mut Violations) -> Vec<Wanted> {
    violations.check((1..=1000).contains(&nodes.len()), "nodes", "must be 1 to 1000 / 须为1至1000个");
    let mut parsed = Vec::with_capacity(nodes.len());
    for node in nodes.iter().take(1000) {
        let code = violations.parse("nodes.code", &node.code);
        let name = violations.text("nodes.display_name", &node.display_name, 1, 100);
        parsed.extend(code.map(|code| Wanted { code, name }));
    }
    parsed
}

pub fn to_proto(node: &Node) -> pb::ClassificationNode {
    let level = match node.code.level() {
        Level::Class => pb::ClassificationLevel::Class,
        Level::Section => pb::ClassificationLevel::Section,
        Level::Heading => pb::ClassificationLevel::Heading,
        Level::Subheading => pb::ClassificationLevel::Subheading,
    };
    let state = match node.state {
        State::InUse => pb::ClassificationNodeState::InUse,
        State::Retired => pb::ClassificationNodeState::Retired,
    };
    pb::ClassificationNode {
        code: node.code.to_string(),
        display_name: node.name.clone(),
        level: level.into(),
        parent_code: node.code.parent().map(|parent| parent.to_string()).unwrap_or_default(),
        state: state.into(),
        last_sequence: node.last_sequence,
        create_time: Some(time_to_proto(node.created)),
        update_time: Some(time_to_proto(node.updated)),
    }
}
