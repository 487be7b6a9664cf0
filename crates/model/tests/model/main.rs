//! The model as its users see it.

mod authority;
mod calendar;
mod holiday_seasons;
mod id;
mod pack;
