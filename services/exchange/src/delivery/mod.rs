//! One delivery of a data version, under an agreement or by active sharing, from the redeemed ticket to the end of its
//! stream (art. 25, 26(一)).

pub(crate) mod convert;
pub(crate) mod data_port;
pub(crate) mod download;
pub(crate) mod recorder;
pub(crate) mod store;
pub(crate) mod stream;

use govshare_model::id::{DataVersionId, DeliveryId, UnitId};
use time::OffsetDateTime;

use crate::basis::Basis;
use crate::data_version::DataVersion;
use crate::ticket::Ticket;

/// A delivery with everything that is known of it in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub basis: Basis,
    pub data_version: DataVersionId,
    pub applicant: UnitId,
    pub provider: UnitId,
    /// Bytes of the version.
    pub size: u64,
    pub started: OffsetDateTime,
    pub state: State,
    /// 1 with the start, 2 with the end: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The stream runs; `sent` is what was last told of it.
    Started {
        sent: u64,
    },
    /// All bytes were handed to the transport.
    Completed {
        at: OffsetDateTime,
    },
    Broken {
        sent: u64,
        at: OffsetDateTime,
    },
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition(Delivery);

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// It has ended already.
    Ended { state: &'static str },
    /// More bytes than the version has.
    SentTooMuch { sent: u64, size: u64 },
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "STARTED",
            Self::Completed { .. } => "COMPLETED",
            Self::Broken { .. } => "BROKEN",
        }
    }

    pub fn ended(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Started { .. } => None,
            Self::Completed { at } | Self::Broken { at, .. } => Some(*at),
        }
    }
}

impl Delivery {
    /// Starts the delivery that a redeemed ticket gives right to.
    pub fn start(id: DeliveryId, ticket: &Ticket, version: &DataVersion, now: OffsetDateTime) -> Transition {
        Transition(Self {
            id,
            basis: ticket.basis,
            data_version: version.id,
            applicant: ticket.holder.unit.clone(),
            provider: ticket.provider.clone(),
            size: version.content.size(),
            started: now,
            state: State::Started { sent: 0 },
            version: 1,
        })
    }

    /// Ends a delivery after `sent` bytes: completed if that is all, broken otherwise.
    pub fn end(mut self, sent: u64, now: OffsetDateTime) -> Result<Transition, Rejection> {
        match self.state {
            State::Started { .. } => {}
            State::Completed { .. } | State::Broken { .. } => {
                return Err(Rejection::Ended { state: self.state.name() });
            }
        }
        if sent > self.size {
            return Err(Rejection::SentTooMuch { sent, size: self.size });
        }
        self.state =
            if sent == self.size { State::Completed { at: now } } else { State::Broken { sent, at: now } };
        self.version += 1;
        Ok(Transition(self))
    }

    /// Bytes handed to the transport, as far as is known.
    pub fn sent(&self) -> u64 {
        match self.state {
            State::Started { sent } | State::Broken { sent, .. } => sent,
            State::Completed { .. } => self.size,
        }
    }
}

impl Transition {
    pub fn delivery(&self) -> &Delivery {
        &self.0
    }
}
