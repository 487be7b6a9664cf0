//! A catalogue of any size in the shape of real ones: what districts, offices, things and years are called, how
//! titles, abstracts and items are put together, how issues crowd on few days. The n-th entry is always the same.

use catalog::search::{Document, Filter, Sharing, Text};
use govshare_model::id::{EntryId, UnitId};
use time::{Date, Duration, Month};
use uuid::Uuid;

use super::words::{BUREAUS, FORMS, INDICATORS, ITEMS, NAME_CHARACTERS, PLACES, PREMISES, THINGS};

/// The n-th entry as PostgreSQL and the index both get it.
pub fn entry(n: u64) -> Document {
    let mut draw = Draw::new(n);
    let place = PLACES[draw.below_skewed(PLACES.len())];
    let bureau = draw.below_skewed(BUREAUS.len());
    let title = title(&mut draw, place);
    let items: Vec<&str> = (0..3 + draw.below(6)).map(|_| ITEMS[draw.below_skewed(ITEMS.len())]).collect();
    let summary = match draw.below(8) {
        0 | 1 => title.clone(),
        2 => String::new(),
        3 => format!("{place}{}{title}的公示", BUREAUS[bureau]),
        4 => format!("该数据由{place}{}提供，包含{}等属性字段。", BUREAUS[bureau], items.join("、")),
        _ => format!("{title}，包含{}等信息。", items[..items.len().min(4)].join("、")),
    };
    let unit = unit(PLACES.iter().position(|other| *other == place).unwrap_or_default(), bureau);
    let sharing = if draw.below(10) < 7 { Sharing::Active } else { Sharing::OnApplication };
    let issued = day_of_issue(&mut draw);
    Document {
        entry_id: EntryId(id(n, &mut draw)),
        issued,
        title: Text::new(&title),
        provider: Text::new(&format!("{place}{}", BUREAUS[bureau])),
        items: Text::of_items(items),
        summary: Text::new(&summary),
        filters: vec![Filter::Unit(unit), Filter::Sharing(sharing)],
    }
}

/// UUIDv7 as bulk registration gives them: some twenty a millisecond.
fn id(n: u64, draw: &mut Draw) -> Uuid {
    let random = (u128::from(draw.next()) << 64 | u128::from(draw.next())).to_be_bytes();
    let milliseconds = 1_700_000_000_000 + n / 20;
    uuid::Builder::from_unix_timestamp_millis(milliseconds, random.first_chunk().expect("16 bytes"))
        .into_uuid()
}

fn title(draw: &mut Draw, place: &str) -> String {
    let thing = THINGS[draw.below_skewed(THINGS.len())];
    let form = FORMS[draw.below_skewed(FORMS.len())];
    let indicator = INDICATORS[draw.below_skewed(INDICATORS.len())];
    let year = 2023 - draw.below_skewed(14);
    let number = draw.below(400) + 1;
    match draw.below(12) {
        0 | 1 => format!("{place}{thing}{form}"),
        2 => format!("{year}年{place}{thing}{form}"),
        3 => format!("{year}年1-{}月{indicator}", draw.below(11) + 2),
        4 => format!("{place}{thing}{form}（{year}年第{number}号）"),
        5 => format!("{thing}{indicator}（{year}{:02}）", draw.below(12) + 1),
        6 => format!("{place}数字平台_{thing}_{indicator}"),
        7 => format!("{}{}{thing}{form}", draw.name(), PREMISES[draw.below_skewed(PREMISES.len())]),
        8 => format!("{place}{}{}{form}", draw.name(), PREMISES[draw.below_skewed(PREMISES.len())]),
        9 => format!("{thing}{form}{number}"),
        10 => format!("关于{year}年{thing}{indicator}的公示"),
        _ => format!("{indicator}{form}"),
    }
}

fn unit(place: usize, bureau: usize) -> UnitId {
    format!("unit-{place}-{bureau}").parse().expect("letters, digits and dashes")
}

/// Offices issue much of a catalogue on the few days before somebody looks at it.
fn day_of_issue(draw: &mut Draw) -> Date {
    let first = Date::from_calendar_date(2014, Month::August, 1).expect("a date");
    let day = if draw.below(2) == 0 { draw.below(24) * 181 } else { draw.below(4_400) };
    first + Duration::days(day as i64)
}

/// A sequence of numbers that looks random and follows from `n` (SplitMix64).
pub struct Draw(u64);

impl Draw {
    pub fn new(n: u64) -> Self {
        Self(n.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(2014))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Small numbers more often than large ones, as words of a language are used.
    pub fn below_skewed(&mut self, end: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((unit * unit * end as f64) as usize).min(end - 1)
    }

    /// A name of two characters, of which there are many.
    fn name(&mut self) -> String {
        [(); 2]
            .map(|()| NAME_CHARACTERS.chars().nth(self.below(NAME_CHARACTERS.chars().count())))
            .iter()
            .flatten()
            .collect()
    }
}
