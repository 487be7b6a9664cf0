//! The process `govshare-gateway`; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run("gateway", gateway::DEFAULTS, None, gateway::serve)
}
