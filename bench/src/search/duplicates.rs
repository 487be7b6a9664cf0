//! The check of a collection plan against the whole catalogue, counted in single searches.

use std::error::Error;
use std::time::Instant;

use catalog::search::{Filter, Index, Sketch};

use super::catalogue::{Draw, entry};
use super::{percentile, queries};
use crate::report::Figure;

const ITEMS: usize = 50;
/// As many as the service asks for.
const LIMIT: usize = 8;
const GOAL: f64 = 60.0;

/// How many searches of the mix, taken at their median, the check of a plan takes the time of.
pub fn run(index: &Index, size: u64, rounds: usize) -> Result<Figure, Box<dyn Error>> {
    let plan: Vec<Sketch> = (0..ITEMS as u64).map(|n| sketch(n, size)).collect();
    let own = Filter::Unit("unit-0-0".parse().expect("letters, digits and dashes"));
    let mix = queries::mix(size);
    let (mut checks, mut searches) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let started = Instant::now();
        let found = index.similar(&plan, Some(&own), LIMIT)?;
        checks.push(started.elapsed().as_secs_f64() * 1e6);
        assert!(found.iter().filter(|found| !found.is_empty()).count() > ITEMS / 3, "copies are found");
        for query in &mix {
            let started = Instant::now();
            index.search(query)?;
            searches.push(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    let ratio = percentile(&mut checks, 50) / percentile(&mut searches, 50);
    let name = format!("search: duplicate check of a {ITEMS}-item plan, {size} entries");
    Ok(Figure::at_most(name, ratio, GOAL, "searches"))
}

/// What a unit means to collect: what an entry has, the same again, named otherwise, or with other items.
fn sketch(n: u64, size: u64) -> Sketch {
    let mut draw = Draw::new(n ^ 0x4455_504c_4943_4154);
    let (entry, other) = (entry(draw.below(size as usize) as u64), entry(draw.below(size as usize) as u64));
    let items: Vec<&str> = if n % 3 == 2 { &other } else { &entry }.items.as_str().split('\n').collect();
    let title = entry.title.as_str();
    match n % 3 {
        0 => Sketch::new(title, items),
        1 => Sketch::new(&format!("{title}采集"), items.into_iter().take(3)),
        _ => Sketch::new(title, items),
    }
}
