//! A node of the classification: registered, renamed, retired (art. 15). What is above a node in use is in use.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::code::ClassificationCode;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Chosen at registration, never changed.
    pub code: ClassificationCode,
    pub name: String,
    pub state: State,
    /// Sequence number given last below it; 0: none yet. It moves without a change of the node.
    pub last_sequence: i64,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 at registration, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    InUse,
    Retired,
}

/// A node as the info office wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub code: ClassificationCode,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Registered,
    Renamed,
    Retired,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    node: Node,
    happened: Happened,
}

impl Transition {
    pub fn node(&self) -> &Node {
        &self.node
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The node above stands neither in the register nor in the call, or is out of use.
    NoParent {
        code: ClassificationCode,
        parent: ClassificationCode,
    },
    /// A retired node stays what it is.
    Retired {
        code: ClassificationCode,
    },
    NamedTwice {
        code: ClassificationCode,
    },
    /// A node below is in use.
    HasChildren {
        code: ClassificationCode,
    },
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::InUse => "IN_USE",
            Self::Retired => "RETIRED",
        }
    }
}

/// What registering `wanted` changes, parents first; or every node that cannot be registered. `known` are those of the
/// nodes and of the nodes above them that are registered.
pub fn register(
    mut wanted: Vec<Wanted>,
    known: &BTreeMap<ClassificationCode, Node>,
    now: OffsetDateTime,
) -> Result<Vec<Transition>, Vec<Rejection>> {
    wanted.sort_by(|a, b| a.code.cmp(&b.code));
    let twice = wanted.windows(2).filter(|pair| pair[0].code == pair[1].code);
    let mut rejected: Vec<_> =
        twice.map(|pair| Rejection::NamedTwice { code: pair[0].code.clone() }).collect();
    let in_call = |code: &ClassificationCode| wanted.binary_search_by(|node| node.code.cmp(code)).is_ok();
    let in_use = |code: &ClassificationCode| match known.get(code) {
        Some(node) => node.state == State::InUse,
        None => in_call(code),
    };
    let mut changes = Vec::new();
    for Wanted { code, name } in &wanted {
        match known.get(code) {
            Some(Node { state: State::Retired, .. }) => {
                rejected.push(Rejection::Retired { code: code.clone() });
            }
            Some(node) if node.name == *name => {}
            Some(node) => changes.push(node.clone().become_named(name.clone(), now)),
            None => match code.parent().filter(|parent| !in_use(parent)) {
                Some(parent) => rejected.push(Rejection::NoParent { code: code.clone(), parent }),
                None => changes.push(Node::registered(code.clone(), name.clone(), now)),
            },
        }
    }
    if rejected.is_empty() { Ok(changes) } else { Err(rejected) }
}

impl Node {
    fn registered(code: ClassificationCode, name: String, now: OffsetDateTime) -> Transition {
        let node = Self {
            code,
            name,
            state: State::InUse,
            last_sequence: 0,
            created: now,
            updated: now,
            version: 1,
        };
        Transition { node, happened: Happened::Registered }
    }

    fn become_named(mut self, name: String, now: OffsetDateTime) -> Transition {
        self.name = name;
        self.changed(Happened::Renamed, now)
    }

    /// `has_children`: whether a node below it is in use.
    pub fn retire(mut self, has_children: bool, now: OffsetDateTime) -> Result<Transition, Rejection> {
        match self.state {
            State::Retired => return Err(Rejection::Retired { code: self.code }),
            State::InUse if has_children => return Err(Rejection::HasChildren { code: self.code }),
            State::InUse => {}
        }
        self.state = State::Retired;
        Ok(self.changed(Happened::Retired, now))
    }

    fn changed(mut self, happened: Happened, now: OffsetDateTime) -> Transition {
        self.updated = now;
        self.version += 1;
        Transition { node: self, happened }
    }
}
