//! The command `govshare`; see the library.

use std::process::ExitCode;

use clap::Parser;
use govshare_cli::args::Arguments;
use govshare_cli::output::print;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.global.json;
    match govshare_cli::run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if json {
                print(&format_args!("{:#}", failure.to_json()));
            } else {
                eprintln!("{failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
