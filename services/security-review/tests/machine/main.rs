//! What may happen to reviews, restrictions, secrecy rules and systems, without database and network.

mod review;
mod security;
