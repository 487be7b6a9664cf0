//! Which pack is in force on which day.

use std::sync::LazyLock;

use time::Date;
use time::macros::date;

use super::Pack;

/// A pack and the days in which applications are received under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    pub pack: Pack,
    pub from: Date,
    /// The last day, inclusive; `None` while no end is set.
    pub until: Option<Date>,
}

/// The packs of an installation in the order of their days, at most one in force on any day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packs(Vec<InForce>);

/// Why a list of packs cannot stand; every reason at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("packs in force: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PacksError(pub Vec<PacksContradiction>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacksContradiction {
    #[error("{pack} ends on {until}, before it starts on {from}")]
    EndBeforeStart { pack: String, from: Date, until: Date },
    #[error("{earlier} and {later} are both in force on {on}")]
    Overlap { earlier: String, later: String, on: Date },
    #[error("{pack} is listed twice")]
    ListedTwice { pack: String },
}

impl InForce {
    fn name(&self) -> String {
        format!("{} version {}", self.pack.id, self.pack.version)
    }

    fn reaches(&self, date: Date) -> bool {
        self.until.is_none_or(|until| date <= until)
    }
}

impl Pack {
    /// The packs that ship: `xicheng-2014` and `national-2025`.
    pub fn shipped() -> &'static [Pack] {
        static SHIPPED: LazyLock<Vec<Pack>> = LazyLock::new(|| {
            [
                include_str!("../../data/packs/xicheng-2014.toml"),
                include_str!("../../data/packs/national-2025.toml"),
            ]
            .map(|text| Pack::from_toml(text).expect("a test loads the packs that are compiled in"))
            .into()
        });
        &SHIPPED
    }

    /// A pack that ships, by its id.
    pub fn builtin(id: &str) -> Option<&'static Pack> {
        Self::shipped().iter().find(|pack| pack.id == id)
    }
}

impl Packs {
    /// The default of this platform: `xicheng-2014` since 2014-08-01 (art. 37).
    pub fn builtin() -> &'static Packs {
        static BUILTIN: LazyLock<Packs> = LazyLock::new(|| {
            let pack = Pack::builtin("xicheng-2014").expect("it ships").clone();
            Packs(vec![InForce { pack, from: date!(2014 - 08 - 01), until: None }])
        });
        &BUILTIN
    }

    /// # Errors
    /// Every span that ends before it starts, every two that overlap, and every version listed twice.
    pub fn new(mut list: Vec<InForce>) -> Result<Packs, PacksError> {
        list.sort_by_key(|entry| entry.from);
        let mut found = Vec::new();
        for (at, entry) in list.iter().enumerate() {
            let pack = entry.name();
            if let Some(until) = entry.until.filter(|until| *until < entry.from) {
                found.push(PacksContradiction::EndBeforeStart {
                    pack: pack.clone(),
                    from: entry.from,
                    until,
                });
            }
            for earlier in &list[..at] {
                if earlier.name() == pack {
                    found.push(PacksContradiction::ListedTwice { pack: pack.clone() });
                }
                if earlier.reaches(entry.from) {
                    let (earlier, later) = (earlier.name(), pack.clone());
                    found.push(PacksContradiction::Overlap { earlier, later, on: entry.from });
                }
            }
        }
        if found.is_empty() { Ok(Packs(list)) } else { Err(PacksError(found)) }
    }

    /// The pack of an application received on `date` (Asia/Shanghai); `None` before the first and in gaps.
    pub fn in_force(&self, date: Date) -> Option<&Pack> {
        let entry = self.0.iter().find(|entry| entry.from <= date && entry.reaches(date))?;
        Some(&entry.pack)
    }

    /// The pack that a case keeps from its receipt, in that very version: one of the list, or one that ships, which is
    /// known for good.
    pub fn kept(&self, id: &str, version: u32) -> Option<&Pack> {
        let ships = |pack: &&Pack| pack.id == id && pack.version == version;
        self.get(id, version).or_else(|| Pack::shipped().iter().find(ships))
    }

    /// A pack of the list.
    pub fn get(&self, id: &str, version: u32) -> Option<&Pack> {
        let entry = self.0.iter().find(|entry| entry.pack.id == id && entry.pack.version == version)?;
        Some(&entry.pack)
    }

    pub fn iter(&self) -> impl Iterator<Item = &InForce> {
        self.0.iter()
    }
}
