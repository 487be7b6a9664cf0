//! The keys that units sign agreements with (art. 26, 31), countersigned by the info office.

pub mod convert;
mod error;
pub mod key;
pub mod public_key;
pub mod store;
