//! What an agreement is drafted from: the case, the resource and the parties, as the services that keep them know
//! them.

use govshare_model::id::{CaseId, EntryId, UnitId};
use govshare_model::pack::{self, Pack, Packs};

use crate::agreement::{Parties, Rejection};

/// How far the case of an agreement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Consented,
    /// Its agreement is active.
    Agreed,
    /// Open, refused or withdrawn.
    WithoutConsent {
        state: &'static str,
    },
}

/// The case as access-request knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub id: CaseId,
    pub number: String,
    pub applicant: UnitId,
    pub provider: UnitId,
    pub entry: EntryId,
    pub entry_version: i32,
    /// Items asked for; empty means all.
    pub items: Vec<String>,
    /// What was wanted was said in words, before an entry was named: `items` are no names of the entry's.
    pub in_words: bool,
    /// What the consent added to the conditions of the entry (art. 26(一)); empty: nothing.
    pub conditions: String,
    pub standing: Standing,
    /// Policy pack of its receipt, `xicheng-2014/1`.
    pub pack: String,
}

impl Case {
    /// The pack that the case keeps, in the version of its receipt.
    pub fn pack<'p>(&self, packs: &'p Packs) -> Result<&'p Pack, Rejection> {
        let named = self.pack.split_once('/').and_then(|(id, version)| Some((id, version.parse().ok()?)));
        let kept = named.and_then(|(id, version)| packs.kept(id, version));
        kept.ok_or_else(|| Rejection::PackUnknown { pack: self.pack.clone() })
    }
}

/// All that an agreement is drafted from besides its terms.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'m> {
    pub case: &'m Case,
    /// The case's version of the entry, or what is published now where an agreement is replaced.
    pub resource: &'m Resource,
    pub parties: &'m NamedParties,
    /// The pack that the case keeps from its receipt.
    pub pack: &'m Pack,
    /// 文号 of the agreement.
    pub number: &'m str,
}

impl Matter<'_> {
    /// What of the resource makes a confidentiality agreement necessary under the pack.
    pub fn grounds(&self) -> Vec<Ground> {
        let counted = &self.pack.confidentiality.grounds.value;
        let counts = |ground: &Ground| counted.contains(&ground.in_packs());
        self.resource.grounds.iter().copied().filter(counts).collect()
    }
}

impl Ground {
    fn in_packs(self) -> pack::Ground {
        match self {
            Self::WorkSecret => pack::Ground::WorkSecret,
            Self::TradeSecret => pack::Ground::TradeSecret,
            Self::PersonalPrivacy => pack::Ground::Privacy,
            Self::ProviderSensitive => pack::Ground::Sensitive,
        }
    }
}

/// The version of the entry that the case is about, as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub title: String,
    /// Names of its items; empty where the entry lists none.
    pub items: Vec<String>,
    pub grounds: Vec<Ground>,
}

/// Why a confidentiality agreement is needed (art. 31), where the pack counts it among its grounds. State secrets never get here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    WorkSecret,
    TradeSecret,
    PersonalPrivacy,
    ProviderSensitive,
}

/// A party as the register of units knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub unit: UnitId,
    pub name: String,
    /// What the numbers of its documents begin with (机关代字).
    pub prefix: String,
    pub provisional: bool,
}

/// The three parties by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedParties {
    pub applicant: Party,
    pub provider: Party,
    pub info_office: Party,
}

impl NamedParties {
    pub fn ids(&self) -> Parties {
        Parties {
            applicant: self.applicant.unit.clone(),
            provider: self.provider.unit.clone(),
            info_office: self.info_office.unit.clone(),
        }
    }

    /// Parties whose register records lack what an agreement needs.
    pub fn provisional(&self) -> Vec<UnitId> {
        let parties = [&self.applicant, &self.provider, &self.info_office];
        parties.into_iter().filter(|party| party.provisional).map(|party| party.unit.clone()).collect()
    }
}
