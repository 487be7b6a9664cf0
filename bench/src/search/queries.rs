//! The fixed mix of 200 queries: words that people know, pieces of titles as they stand, names that occur
//! hardly anywhere; of 1 to 6 characters, in pairs, narrowed to a unit or a way of sharing.

use catalog::search::{Document, Filter, Query};

use super::catalogue::{Draw, entry};
use super::words::{INDICATORS, PLACES, THINGS};

pub const QUERIES: usize = 200;

/// The mix for a catalogue of `size` entries.
pub fn mix(size: u64) -> Vec<Query> {
    (0..QUERIES as u64).map(|n| query(n, size)).collect()
}

fn query(n: u64, size: u64) -> Query {
    let mut draw = Draw::new(n ^ 0x5157_4552_5945_5321);
    let entry = entry(draw.below(size as usize) as u64);
    let piece = |draw: &mut Draw, length: usize| piece(entry.title.as_str(), draw, length);
    let known = |draw: &mut Draw| {
        let list = [PLACES, THINGS, INDICATORS][draw.below(3)];
        start(list[draw.below_skewed(list.len())], 4)
    };
    let (terms, filters) = match n % 20 {
        0 | 1 => (vec![piece(&mut draw, 1)], vec![]),
        2..=4 => (vec![known(&mut draw)], vec![]),
        5..=7 => (vec![piece(&mut draw, 2)], vec![]),
        8 => (vec![piece(&mut draw, 3)], vec![]),
        9 => (vec![piece(&mut draw, 4)], vec![]),
        10 => (vec![piece(&mut draw, 5)], vec![]),
        11 => (vec![piece(&mut draw, 6)], vec![]),
        12 | 13 => (vec![known(&mut draw), piece(&mut draw, 2)], vec![]),
        14 => (vec![piece(&mut draw, 3), piece(&mut draw, 2)], vec![]),
        15 => (vec![known(&mut draw), known(&mut draw)], vec![]),
        16 => (vec![piece(&mut draw, 2)], vec![unit(&entry)]),
        17 => (vec![piece(&mut draw, 2)], vec![sharing(&entry)]),
        18 => (vec![known(&mut draw)], vec![unit(&entry), sharing(&entry)]),
        _ => (vec![known(&mut draw), piece(&mut draw, 3)], vec![sharing(&entry)]),
    };
    let mut query = Query::new(terms.iter().map(String::as_str)).expect("few and short terms");
    query.filters = filters;
    query
}

/// `length` neighbouring characters of `text`, or all of a shorter one.
fn piece(text: &str, draw: &mut Draw, length: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    let length = length.min(characters.len());
    let first = draw.below(characters.len() - length + 1);
    characters[first..first + length].iter().collect()
}

fn start(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

fn unit(entry: &Document) -> Filter {
    entry.filters[0].clone()
}

fn sharing(entry: &Document) -> Filter {
    entry.filters[1].clone()
}
