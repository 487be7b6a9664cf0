use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::process::run(catalog::NAME, catalog::DEFAULTS, Some(&catalog::MIGRATIONS), catalog::serve)
}
