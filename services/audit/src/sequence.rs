//! Which positions a batch of calls gets at the end of the log. An event is known by aggregate and version; the
//! versions of an aggregate enter as 1, 2, 3 ... and none before the one that it follows.

use std::collections::HashMap;

use crate::leaf::Entry;

/// Position of an event that is not stored because the version before it has not come yet.
pub const NOT_YET: i64 = -1;

/// What the log holds, as far as a batch asks.
#[derive(Debug, Default)]
pub struct Log {
    /// Number of events, which is also the next position.
    pub size: i64,
    /// Last version of each aggregate that the batch names; none is 0.
    pub last: HashMap<String, i64>,
    /// Position and leaf of those events of the batch that are stored, by aggregate and version.
    pub stored: HashMap<(String, i64), (i64, Vec<u8>)>,
}

/// Indexes of a call's events whose aggregate and version are taken by another leaf: nothing of the call is
/// stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch(pub Vec<usize>);

/// A batch with its place in the log.
#[derive(Debug)]
pub struct Batch<'c> {
    /// New events; the first gets the position that was the log's size, the others follow.
    pub appended: Vec<&'c Entry>,
    /// What each call hears: its events' positions, [`NOT_YET`] among them.
    pub outcomes: Vec<Result<Vec<i64>, Mismatch>>,
}

/// Places `calls` one after the other, each as a whole.
pub fn place<'c>(log: &Log, calls: &[&'c [Entry]]) -> Batch<'c> {
    let mut placing = Placing { log, last: HashMap::new(), placed: HashMap::new(), appended: Vec::new() };
    let outcomes = calls.iter().map(|call| placing.call(call)).collect();
    Batch { appended: placing.appended, outcomes }
}

struct Placing<'l, 'c> {
    log: &'l Log,
    /// Last versions that this batch has moved.
    last: HashMap<&'c str, i64>,
    /// Where in `appended` an event stands.
    placed: HashMap<(&'c str, i64), usize>,
    appended: Vec<&'c Entry>,
}

impl<'c> Placing<'_, 'c> {
    fn call(&mut self, entries: &'c [Entry]) -> Result<Vec<i64>, Mismatch> {
        let before = self.appended.len();
        let mut positions = Vec::with_capacity(entries.len());
        let mut other = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let last = self.last_of(&entry.aggregate);
            if entry.version > last + 1 {
                positions.push(NOT_YET);
            } else if entry.version == last + 1 {
                positions.push(self.append(entry));
            } else {
                match self.known(entry) {
                    Some((position, leaf)) if leaf == entry.leaf => positions.push(position),
                    _ => other.push(index),
                }
            }
        }
        if other.is_empty() {
            return Ok(positions);
        }
        for entry in self.appended.drain(before..).rev() {
            self.placed.remove(&(entry.aggregate.as_str(), entry.version));
            self.last.insert(&entry.aggregate, entry.version - 1);
        }
        Err(Mismatch(other))
    }

    fn last_of(&self, aggregate: &str) -> i64 {
        let moved = self.last.get(aggregate).or_else(|| self.log.last.get(aggregate));
        moved.copied().unwrap_or_default()
    }

    fn append(&mut self, entry: &'c Entry) -> i64 {
        let index = self.appended.len();
        self.appended.push(entry);
        self.last.insert(&entry.aggregate, entry.version);
        self.placed.insert((&entry.aggregate, entry.version), index);
        self.position(index)
    }

    fn known(&self, entry: &Entry) -> Option<(i64, &[u8])> {
        if let Some(&index) = self.placed.get(&(entry.aggregate.as_str(), entry.version)) {
            return Some((self.position(index), &self.appended[index].leaf));
        }
        let stored = self.log.stored.get(&(entry.aggregate.clone(), entry.version))?;
        Some((stored.0, &stored.1))
    }

    fn position(&self, index: usize) -> i64 {
        self.log.size + index as i64
    }
}
