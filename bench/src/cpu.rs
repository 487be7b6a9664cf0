//! CPU and memory of a process, as Linux counts them.

use std::error::Error;

/// `/proc/<pid>/stat` counts in hundredths of a second on every Linux (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds that a process has used, its own and the kernel's for it.
pub fn seconds(pid: u32) -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before it may hold spaces; utime and stime are the 14th and 15th field of all.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no such field in /proc/<pid>/stat")?;
    let mut ticks = 0;
    for used in fields.split(' ').skip(11).take(2) {
        ticks += used.parse::<u64>()?;
    }
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// Resident memory in MiB.
pub fn resident_mib(pid: u32) -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("the process has no memory")?;
    let kib: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kib / 1024.0)
}
