//! How long `make run` takes until it serves, and what the whole sandbox holds in memory when nobody calls.

use std::error::Error;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use govshare_cluster::SandboxFile;
use tokio::process::{Child, Command};

use crate::report::Figure;

const STARTS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the sandbox on built binaries: once on an empty directory, then again on what is there.
pub async fn run() -> Result<Vec<Figure>, Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let sandbox_dir = dir.path().join("sandbox");
    let (first, child) = start(&sandbox_dir).await?;
    stop(child).await?;
    let mut starts = Vec::new();
    let mut resident = 0.0;
    for number in 0..STARTS {
        let (time, child) = start(&sandbox_dir).await?;
        starts.push(time);
        if number + 1 == STARTS {
            // What starting needed is given back within the first moments.
            tokio::time::sleep(Duration::from_secs(5)).await;
            resident = resident_mib(&child)?;
        }
        stop(child).await?;
    }
    starts.sort_by(f64::total_cmp);
    Ok(vec![
        Figure::at_most("startup: `make run` on built binaries until ready", starts[STARTS / 2], 3.0, "s"),
        Figure::info("startup: the first one, with initdb, tables and units", first, "s"),
        Figure::at_most("memory: the idle sandbox without PostgreSQL", resident, 400.0, "MiB"),
    ])
}

async fn start(dir: &Path) -> Result<(f64, Child), Box<dyn Error>> {
    let binary = std::env::current_exe()?.with_file_name("govshare-sandbox");
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let begun = Instant::now();
    let mut child = Command::new(binary)
        .args(["run", "--gateway-port", &port.to_string(), "--dir"])
        .arg(dir)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    loop {
        if SandboxFile::read(dir).is_some() {
            return Ok((begun.elapsed().as_secs_f64(), child));
        }
        if let Some(status) = child.try_wait()? {
            return Err(format!("the sandbox ended with {status}").into());
        }
        if begun.elapsed() > PATIENCE {
            return Err("the sandbox was not ready in a minute".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn stop(mut child: Child) -> Result<(), Box<dyn Error>> {
    let pid = child.id().ok_or("the sandbox has ended")?;
    Command::new("kill").arg(pid.to_string()).status().await?;
    child.wait().await?;
    Ok(())
}

/// The supervisor and everything it started but PostgreSQL.
fn resident_mib(child: &Child) -> Result<f64, Box<dyn Error>> {
    let mut waiting = vec![child.id().ok_or("the sandbox has ended")?];
    let mut sum = 0.0;
    while let Some(pid) = waiting.pop() {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm"))?;
        if name.trim() == "postgres" {
            continue;
        }
        sum += crate::cpu::resident_mib(pid)?;
        for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let children = std::fs::read_to_string(task?.path().join("children"))?;
            waiting.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    Ok(sum)
}
