use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run(
        access_request::NAME,
        access_request::DEFAULTS,
        Some(&access_request::MIGRATIONS),
        access_request::serve,
    )
}
