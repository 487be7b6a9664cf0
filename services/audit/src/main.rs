use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run(audit::NAME, audit::DEFAULTS, Some(&audit::MIGRATIONS), audit::serve)
}
