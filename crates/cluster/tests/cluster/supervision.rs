//! Supervision of real processes: the supervised program is this test program itself, as a gRPC health server.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use govshare_cluster::{Error, Process, Program};

use crate::support::{accepts_connections, again_as, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

/// No test by itself.
#[tokio::test]
#[ignore = "started as a process of its own by the tests that supervise it"]
async fn health_server() {
    let Ok(listen) = std::env::var("HEALTH_LISTEN") else { return };
    if std::env::var_os("HEALTH_REFUSES").is_some() {
        eprintln!("setting `listn` is unknown");
        std::process::exit(7);
    }
    let (reporter, health) = tonic_health::server::health_reporter();
    if std::env::var_os("HEALTH_NEVER").is_some() {
        reporter.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    }
    let stays = std::env::var_os("HEALTH_STAYS").is_some();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("signals can be caught");
    let told = async {
        terminate.recv().await;
        println!("told to end");
        if stays {
            std::future::pending::<()>().await;
        }
    };
    let server = tonic::transport::Server::builder().add_service(health);
    server.serve_with_shutdown(listen.parse().expect("an address"), told).await.expect("it serves");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

fn program(dir: &Path, port: u16, extra: Option<&str>) -> Program {
    let (binary, args) = again_as("supervision::health_server");
    let listen = format!("127.0.0.1:{port}");
    let env = [("HEALTH_LISTEN", listen.as_str())].into_iter().chain(extra.map(|name| (name, "1")));
    Program {
        name: "health".to_owned(),
        binary,
        args,
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        health: format!("http://{listen}"),
        log: dir.join("health.log"),
        revive: true,
    }
}

fn signal(pid: u32, name: &str) {
    let kill = format!("kill -s {name} {pid}");
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().expect("sh runs").success());
}

#[tokio::test]
async fn what_dies_is_started_again_on_its_address() {
    let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
    let process = Process::spawn(program(dir.path(), port, None)).expect("starts");
    process.ready(PATIENCE).await.expect("serves");
    let first = process.pid().expect("running");
    signal(first, "KILL");
    eventually("another pid", || process.pid().is_some_and(|pid| pid != first)).await;
    process.ready(PATIENCE).await.expect("serves again");
    process.stop(PATIENCE).await;
}

#[tokio::test]
async fn what_is_killed_by_order_stays_down_until_restarted() {
    let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
    let process = Process::spawn(program(dir.path(), port, None)).expect("starts");
    process.ready(PATIENCE).await.expect("serves");
    let first = process.pid();
    process.kill9().await;
    assert_eq!(process.pid(), None);
    assert!(!accepts_connections(port));
    let down = process.ready(PATIENCE).await.expect_err("down").to_string();
    assert!(down.contains("was killed"), "{down}");
    process.restart().await.expect("starts");
    process.ready(PATIENCE).await.expect("serves again");
    assert_ne!(process.pid(), first);
    process.stop(PATIENCE).await;
}

#[tokio::test]
async fn an_end_before_it_ever_served_is_final_and_told_with_the_end_of_the_log() {
    let dir = tempfile::tempdir().expect("a directory");
    let process = Process::spawn(program(dir.path(), free_port(), Some("HEALTH_REFUSES"))).expect("starts");
    let error = process.ready(PATIENCE).await.expect_err("it ended");
    let Error::NotReady { what, tail, .. } = &error else { panic!("{error}") };
    assert!(what.contains("exit status: 7"), "{what}");
    assert!(tail.contains("setting `listn` is unknown"), "{tail}");
    assert_eq!(process.pid(), None);
}

#[tokio::test]
async fn answering_is_not_enough_it_must_say_that_it_serves() {
    let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
    let process = Process::spawn(program(dir.path(), port, Some("HEALTH_NEVER"))).expect("starts");
    eventually("it answers", || accepts_connections(port)).await;
    let error = process.ready(Duration::from_millis(300)).await.expect_err("NOT_SERVING").to_string();
    assert!(error.contains("is not ready after 0.3 s"), "{error}");
}

#[tokio::test]
async fn stop_asks_first_and_kills_who_does_not_listen() {
    for (extra, patience) in [(None, PATIENCE), (Some("HEALTH_STAYS"), Duration::from_millis(300))] {
        let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
        let process = Process::spawn(program(dir.path(), port, extra)).expect("starts");
        process.ready(PATIENCE).await.expect("serves");
        process.stop(patience).await;
        assert!(!accepts_connections(port));
        let log = std::fs::read_to_string(dir.path().join("health.log")).expect("a log");
        assert!(log.contains("told to end"), "{log}");
        assert_eq!(
            log.contains("test result: ok"),
            extra.is_none(),
            "only the willing one ends by itself: {log}"
        );
    }
}

#[tokio::test]
async fn dropped_supervision_ends_the_process() {
    let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
    let process = Process::spawn(program(dir.path(), port, Some("HEALTH_STAYS"))).expect("starts");
    process.ready(PATIENCE).await.expect("serves");
    drop(process);
    eventually("it is gone", || !accepts_connections(port)).await;
}

/// No test by itself.
#[tokio::test]
#[ignore = "started as a process of its own by the test that kills it"]
async fn owner_of_a_process() {
    let (Ok(dir), Ok(port)) = (std::env::var("OWNER_DIR"), std::env::var("OWNER_PORT")) else { return };
    let process =
        Process::spawn(program(Path::new(&dir), port.parse().expect("a port"), None)).expect("starts");
    process.ready(PATIENCE).await.expect("serves");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_owner_takes_its_processes_down_in_order() {
    let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
    let (program, arguments) = again_as("supervision::owner_of_a_process");
    let mut owner = std::process::Command::new(program)
        .args(arguments)
        .env("OWNER_DIR", dir.path())
        .env("OWNER_PORT", port.to_string())
        .spawn()
        .expect("this program starts again");
    eventually("the owner's process serves", || accepts_connections(port)).await;
    owner.kill().expect("it runs");
    owner.wait().expect("it has ended");
    eventually("its process is gone", || !accepts_connections(port)).await;
    let log = std::fs::read_to_string(dir.path().join("health.log")).expect("a log");
    assert!(log.contains("told to end"), "{log}");
}
