//! Children that do not outlive their owner, even when it is killed: each has a small shell beside it that reads a
//! pipe from us. The end of that pipe is our end, and then the shell ends the child.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The child keeps the shell's own pid (`exec`), so it is our direct child and `$$` is its pid. What is left over
/// is removed once the child is gone; the wait for that has an end because a zombie nobody reaps looks alive.
const SCRIPT: &str = r#"
signal=$1 leftover=$2; shift 2
exec 3<&0
(
    read -r _ <&3 && exit 0
    kill -s "$signal" $$
    test -n "$leftover" || exit 0
    tries=0
    while kill -0 $$ && test $tries -lt 200; do sleep 0.05; tries=$((tries + 1)); done
    rm -rf "$leftover"
) 2>/dev/null &
exec 3<&-
exec "$@" </dev/null
"#;

/// Our end of the pipe: dropped, it ends the child.
pub(crate) struct Leash(File);

impl Leash {
    pub(crate) fn new(stdin: impl Into<OwnedFd>) -> Self {
        Self(File::from(stdin.into()))
    }

    /// Tells the shell that the child has ended by itself or by us, so that it touches nothing any more.
    pub(crate) fn release(mut self) {
        // A failure means that the shell has already gone, which is what is wanted.
        let _ = self.0.write_all(b"\n");
    }
}

/// A command that runs `program` on a leash: with `signal` when its owner is gone, and then without `leftover`.
/// Its stdin is the leash; Ctrl-C in a terminal does not reach it (a group of its own), only its owner does.
pub(crate) fn leashed(program: &Path, signal: &str, leftover: Option<&Path>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "leash", signal]).arg(leftover.unwrap_or(Path::new(""))).arg(program);
    command.stdin(Stdio::piped()).process_group(0);
    command
}

/// Sends `signal` to a child that has not been waited for yet. The shell's own `kill` is always there.
pub(crate) fn send_signal(pid: u32, signal: &str) {
    // It fails only if the child ended a moment ago, which the caller learns by waiting for it.
    let _ = Command::new("sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "kill", signal, &pid.to_string()])
        .stderr(Stdio::null())
        .status();
}
