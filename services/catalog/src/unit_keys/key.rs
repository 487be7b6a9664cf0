//! A unit's signing key and what may happen to it: registered, countersigned, superseded, revoked. The info
//! office's first key is the root that all trust begins with; it stands in the configuration.

use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_model::task::{Task, WaitsFor};
use time::OffsetDateTime;

use super::public_key::{KeyId, PublicKey};

/// The only algorithm: Ed25519 of RFC 8032.
pub const ALGORITHM: &str = "ed25519";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitKey {
    pub id: KeyId,
    pub unit: UnitId,
    pub public_key: PublicKey,
    pub state: State,
    pub registered: OffsetDateTime,
    /// 1 at registration, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Pending,
    /// Signatures made with it count.
    Active {
        countersignature: Countersignature,
    },
    /// Replaced by a newer key: verifies earlier signatures only.
    Superseded {
        countersignature: Countersignature,
        at: OffsetDateTime,
    },
    Revoked {
        countersignature: Option<Countersignature>,
        at: OffsetDateTime,
        reason: String,
    },
}

/// The info office's word that the key is the unit's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countersignature {
    /// The info office's key; the root key names itself.
    pub key: KeyId,
    /// Empty for the root key.
    pub signature: Vec<u8>,
    pub at: OffsetDateTime,
}

/// Who countersigns, and the key that its trust begins with.
#[derive(Debug, Clone)]
pub struct InfoOffice {
    pub unit: UnitId,
    pub root: Option<PublicKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Registered,
    Countersigned,
    Superseded,
    Revoked,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    key: UnitKey,
    happened: Happened,
}

impl Transition {
    pub fn key(&self) -> &UnitKey {
        &self.key
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    WrongState {
        state: &'static str,
    },
    /// The info office has no active key yet, and this one is not the configured root key.
    NotTheRootKey,
    /// The same key is registered for another unit.
    OtherUnits,
    /// The countersigning key is not an active key of the info office.
    KeyNotActive,
    SignatureInvalid,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active { .. } => "ACTIVE",
            Self::Superseded { .. } => "SUPERSEDED",
            Self::Revoked { .. } => "REVOKED",
        }
    }

    pub fn countersignature(&self) -> Option<&Countersignature> {
        match self {
            Self::Pending => None,
            Self::Active { countersignature } | Self::Superseded { countersignature, .. } => {
                Some(countersignature)
            }
            Self::Revoked { countersignature, .. } => countersignature.as_ref(),
        }
    }

    /// When the key stopped making valid signatures.
    pub fn ended(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Pending | Self::Active { .. } => None,
            Self::Superseded { at, .. } | Self::Revoked { at, .. } => Some(*at),
        }
    }
}

impl UnitKey {
    /// Registers a key that is not known yet; `active` is the unit's present one. Gives all changes in the order
    /// in which they are to be written.
    pub fn register(
        unit: UnitId,
        public_key: PublicKey,
        office: &InfoOffice,
        active: Option<UnitKey>,
        now: OffsetDateTime,
    ) -> Result<Vec<Transition>, Rejection> {
        let id = public_key.id();
        let is_root = unit == office.unit && office.root.as_ref() == Some(&public_key);
        if unit == office.unit && !is_root && active.is_none() {
            return Err(Rejection::NotTheRootKey);
        }
        let mut changes = Vec::new();
        let state = if is_root {
            changes.extend(active.map(|active| active.supersede(now)).transpose()?);
            let countersignature = Countersignature { key: id.clone(), signature: Vec::new(), at: now };
            State::Active { countersignature }
        } else {
            State::Pending
        };
        let key = Self { id, unit, public_key, state, registered: now, version: 1 };
        changes.push(Transition { key, happened: Happened::Registered });
        Ok(changes)
    }

    /// The bytes that the info office signs.
    pub fn statement(&self) -> Vec<u8> {
        let key = hex::encode(self.public_key.as_bytes());
        format!("govshare/unit-key/v1\n{}\n{ALGORITHM}\n{key}\n", self.unit).into_bytes()
    }

    /// Activates a pending key by the signature of `by`, in the place of the unit's `active` one.
    pub fn countersign(
        self,
        by: &UnitKey,
        signature: Vec<u8>,
        office: &InfoOffice,
        active: Option<UnitKey>,
        now: OffsetDateTime,
    ) -> Result<Vec<Transition>, Rejection> {
        let State::Pending = self.state else {
            return Err(Rejection::WrongState { state: self.state.name() });
        };
        if by.unit != office.unit || !matches!(by.state, State::Active { .. }) {
            return Err(Rejection::KeyNotActive);
        }
        if !by.public_key.verifies(&self.statement(), &signature) {
            return Err(Rejection::SignatureInvalid);
        }
        let mut changes: Vec<_> =
            active.map(|active| active.supersede(now)).transpose()?.into_iter().collect();
        let countersignature = Countersignature { key: by.id.clone(), signature, at: now };
        changes.push(self.become_state(State::Active { countersignature }, Happened::Countersigned));
        Ok(changes)
    }

    /// `None`: it is revoked already.
    pub fn revoke(self, reason: String, now: OffsetDateTime) -> Option<Transition> {
        let countersignature = match &self.state {
            State::Pending => None,
            State::Active { countersignature } | State::Superseded { countersignature, .. } => {
                Some(countersignature.clone())
            }
            State::Revoked { .. } => return None,
        };
        let state = State::Revoked { countersignature, at: now, reason };
        Some(self.become_state(state, Happened::Revoked))
    }

    /// What the key waits for: a signatory of the info office.
    pub fn tasks(&self, info_office: &UnitId) -> Vec<Task> {
        match self.state {
            State::Pending => vec![Task {
                kind: "countersign",
                zh: "核实并副署单位签名公钥",
                en: "verify and countersign the unit's key",
                subject: format!("{} {}", self.unit, self.id.as_str()),
                article: "26(一)",
                waits_for: WaitsFor::Unit(info_office.clone()),
                roles: &[Role::Signatory],
                not: Vec::new(),
                due: None,
            }],
            State::Active { .. } | State::Superseded { .. } | State::Revoked { .. } => Vec::new(),
        }
    }

    fn supersede(self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Active { countersignature } = &self.state else {
            return Err(Rejection::WrongState { state: self.state.name() });
        };
        let state = State::Superseded { countersignature: countersignature.clone(), at: now };
        Ok(self.become_state(state, Happened::Superseded))
    }

    fn become_state(mut self, state: State, happened: Happened) -> Transition {
        self.state = state;
        self.version += 1;
        Transition { key: self, happened }
    }
}
