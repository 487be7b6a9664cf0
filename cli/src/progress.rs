//! Progress of long work on standard error; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// Counts rows or records up to about `expected`.
pub fn records(output: Output, expected: u64, what: &'static str) -> ProgressBar {
    bar(output, expected, "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}").with_message(what)
}

/// Counts bytes up to `expected`.
pub fn bytes(output: Output, expected: u64, what: &'static str) -> ProgressBar {
    bar(output, expected, "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}").with_message(what)
}

fn bar(output: Output, expected: u64, template: &str) -> ProgressBar {
    let target = if output.json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template(template).expect("the templates above are valid");
    ProgressBar::with_draw_target(Some(expected), target).with_style(style)
}
