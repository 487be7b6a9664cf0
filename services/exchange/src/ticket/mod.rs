//! The right to one delivery: an opaque secret, good for minutes and for one redemption, in real time.

pub(crate) mod store;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use govshare_model::Actor;
use govshare_model::id::{DataVersionId, UnitId};
use time::{Duration, OffsetDateTime};

use crate::agreement::Agreement;
use crate::basis::Basis;
use crate::data_version::DataVersion;

/// No ticket is good for longer.
pub const LONGEST_LIFETIME: Duration = Duration::minutes(5);

/// What its holder may redeem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub basis: Basis,
    pub data_version: DataVersionId,
    pub provider: UnitId,
    /// Person and unit it was given to.
    pub holder: Actor,
    pub issued: OffsetDateTime,
    /// From this moment on it is good no more.
    pub expire: OffsetDateTime,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Redeemed { at: OffsetDateTime },
}

/// A new ticket; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue(Ticket);

/// How long tickets are good: 1 second to five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(Duration);

/// SHA-256 of a ticket's secret, which is all that is stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Redeemed before, or over its time.
    Spent { state: &'static str },
    /// The version belongs to another entry than the agreement.
    OtherEntry { data_version: DataVersionId },
}

impl Lifetime {
    /// `None` outside the bounds.
    pub fn of_seconds(seconds: u64) -> Option<Self> {
        let lifetime = Duration::seconds(i64::try_from(seconds).ok()?);
        (lifetime.is_positive() && lifetime <= LONGEST_LIFETIME).then_some(Self(lifetime))
    }
}

impl Digest {
    /// Of the ticket as its holder has it.
    pub fn of(ticket: &str) -> Self {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest::digest(&digest::SHA256, ticket.as_bytes()).as_ref());
        Self(sha256)
    }
}

/// The ticket as its holder gets it, of 32 random bytes.
pub fn text(random: [u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// Whether a text can be a ticket at all, which needs no look into the database.
pub fn has_form(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

impl Ticket {
    /// Gives `holder` the right to one delivery of a version of the agreement's entry.
    pub fn issue(
        agreement: &Agreement,
        version: &DataVersion,
        holder: &Actor,
        lifetime: Lifetime,
        now: OffsetDateTime,
    ) -> Result<Issue, Rejection> {
        if version.entry != agreement.entry {
            return Err(Rejection::OtherEntry { data_version: version.id });
        }
        let basis = Basis::Agreement { id: agreement.id, case: agreement.case };
        Ok(Self::on(basis, version, holder, lifetime, now))
    }

    /// Gives `holder` the right to one delivery of a version whose entry is shared actively (art. 25).
    pub fn issue_actively(
        version: &DataVersion,
        holder: &Actor,
        lifetime: Lifetime,
        now: OffsetDateTime,
    ) -> Issue {
        Self::on(Basis::ActiveSharing, version, holder, lifetime, now)
    }

    fn on(
        basis: Basis,
        version: &DataVersion,
        holder: &Actor,
        lifetime: Lifetime,
        now: OffsetDateTime,
    ) -> Issue {
        Issue(Self {
            basis,
            data_version: version.id,
            provider: version.provider.clone(),
            holder: holder.clone(),
            issued: now,
            expire: now + lifetime.0,
            state: State::Open,
        })
    }

    /// Whether it can be redeemed; redeeming asks the same once more in one statement.
    pub fn redeemable(&self, now: OffsetDateTime) -> Result<(), Rejection> {
        match self.state {
            State::Open if now < self.expire => Ok(()),
            State::Open => Err(Rejection::Spent { state: "EXPIRED" }),
            State::Redeemed { .. } => Err(Rejection::Spent { state: "REDEEMED" }),
        }
    }
}

impl Issue {
    pub fn ticket(&self) -> &Ticket {
        &self.0
    }
}
