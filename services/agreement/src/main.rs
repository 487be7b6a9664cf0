use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run(
        agreement::NAME,
        agreement::DEFAULTS,
        Some(&agreement::MIGRATIONS),
        agreement::serve,
    )
}
