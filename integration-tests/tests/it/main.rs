//! Everything that is tested through the gateway, on real PostgreSQL, with all services running.

mod art_26_27;
mod art_36_packs;
mod art_agreement;
mod art_attachments;
mod art_evaluation;
mod art_security;
mod authorization;
mod authorization_over_grpc;
mod bad_input;
mod certificates;
mod city;
mod cord;
mod coverage;
mod database_loss;
mod downloads;
mod faults;
mod identity;
mod import;
mod journeys;
mod log_replicas;
mod patience;
mod replicas;
mod schemas;
mod sweep;
