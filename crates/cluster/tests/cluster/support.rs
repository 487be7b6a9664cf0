//! What these tests share: waiting for something to come true, and running this very test program again as a process
//! of its own that can be killed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// Returns as soon as `is_so`; fails the test if that takes too long.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "still not so after {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// This test program and the arguments that make it run just `test` (with its module), which is ignored otherwise.
pub fn again_as(test: &str) -> (PathBuf, Vec<String>) {
    let program = std::env::current_exe().expect("a running test has a program");
    (program, ["--exact", test, "--ignored", "--nocapture"].map(str::to_owned).into())
}

pub fn accepts_connections(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}
