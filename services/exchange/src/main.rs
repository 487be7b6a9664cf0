use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run(
        exchange::NAME,
        exchange::DEFAULTS,
        Some(&exchange::MIGRATIONS),
        exchange::serve,
    )
}
