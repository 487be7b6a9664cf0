//! Which events count for which unit and what they are worth, and the machines of the written procedures, without a
//! database.

mod counted;
mod feedback;
mod inspection;
mod people;
mod plan;
mod report;
mod rules;
mod self_evaluation;
mod sequences;
mod violation;
mod yearly;
