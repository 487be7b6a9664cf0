//! The command `govshare`, for operators and integrators: everything it does goes through the public contracts.

mod agreement_dealings;
pub mod agreements;
mod any_method;
pub mod args;
pub mod attachments;
pub mod audit;
pub mod catalog;
pub mod catalogue_file;
pub mod connect;
pub mod databases;
mod defects;
pub mod demo;
pub mod evaluation;
pub mod exchange;
pub mod failure;
pub mod keys;
pub mod output;
pub mod policy;
pub mod progress;
pub mod registers;
pub mod requests;
pub mod reviews;
pub mod sandbox;
pub mod signing;
pub mod todo;
pub mod tokens;
pub mod transfer;
pub mod units;

use args::{Arguments, Command};
use failure::Failure;

/// Runs one command.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let global = &arguments.global;
    match arguments.command {
        Command::Token(token) => token.run(global),
        Command::Catalog(command) => catalog::run(command, global).await,
        Command::Request(command) => requests::run(command, global).await,
        Command::Policy(command) => policy::run(command, global).await,
        Command::Agreement(command) => agreements::run(command, global).await,
        Command::Review(command) => reviews::run(command, global).await,
        Command::Key(command) => keys::run(command, global).await,
        Command::Exchange(command) => exchange::run(command, global).await,
        Command::Attachment(command) => attachments::run(command, global).await,
        Command::Audit(command) => audit::run(command, global).await,
        Command::Evaluation(command) => evaluation::run(command, global).await,
        Command::Unit(command) => units::run(command, global).await,
        Command::Database(command) => databases::run(command, global).await,
        Command::Todo(todo) => todo::run(todo, global).await,
        Command::Register(register) => registers::run(register, global).await,
        Command::Demo(demo) => demo.run(global).await,
    }
}
