use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run(
        security_review::NAME,
        security_review::DEFAULTS,
        Some(&security_review::MIGRATIONS),
        security_review::serve,
    )
}
