use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run(
        evaluation::NAME,
        evaluation::DEFAULTS,
        Some(&evaluation::MIGRATIONS),
        evaluation::serve,
    )
}
