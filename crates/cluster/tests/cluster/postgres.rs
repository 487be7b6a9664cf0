//! The private PostgreSQL as a real process: what stays, what goes, and that it never outlives its owner.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use govshare_cluster::{Durability, Error, Postgres, PostgresOptions, ensure_database};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Row};
use tempfile::TempDir;

use crate::support::{accepts_connections, again_as, eventually};

/// PostgreSQL's user must be able to reach it, so it is open to pass through.
fn traversable_dir() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).expect("ours");
    dir
}

fn durable(dir: &TempDir) -> PostgresOptions {
    PostgresOptions { dir: dir.path().join("postgres"), durability: Durability::Durable }
}

async fn connect(postgres: &Postgres, database: &str) -> PgConnection {
    PgConnection::connect(&postgres.url(database)).await.expect("it accepts its superuser")
}

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    let row = sqlx::query("SELECT current_setting($1)").bind(name).fetch_one(connection).await;
    row.expect("a setting").get(0)
}

#[tokio::test]
async fn what_is_committed_is_there_after_a_stop_and_after_a_crash() {
    let dir = traversable_dir();
    let first = Postgres::start(&durable(&dir)).await.expect("starts on an empty directory");
    ensure_database(&first.url("district")).await.expect("makes a missing database");
    ensure_database(&first.url("district")).await.expect("and leaves one that is there");
    let mut connection = connect(&first, "district").await;
    connection
        .execute("CREATE TABLE unit (name text); INSERT INTO unit VALUES ('区教委')")
        .await
        .expect("valid SQL");
    assert_eq!(setting(&mut connection, "fsync").await, "on");
    let port = first.port();
    first.stop().await;
    assert!(!accepts_connections(port));

    let second = Postgres::start(&durable(&dir)).await.expect("starts on its own data");
    connect(&second, "district")
        .await
        .execute("INSERT INTO unit VALUES ('区卫生局')")
        .await
        .expect("valid SQL");
    second.kill9();
    assert!(dir.path().join("postgres/data/postmaster.pid").exists(), "a crash leaves it behind");

    let third = Postgres::start(&durable(&dir)).await.expect("recovers after a crash");
    let mut connection = connect(&third, "district").await;
    let names = sqlx::query("SELECT name FROM unit ORDER BY name")
        .fetch_all(&mut connection)
        .await
        .expect("the table");
    assert_eq!(
        names.iter().map(|row| row.get(0)).collect::<Vec<String>>(),
        ["区卫生局", "区教委"],
        "by code point"
    );
    third.stop().await;
}

#[tokio::test]
async fn a_stale_pid_file_that_names_another_program_does_not_keep_it_from_starting() {
    let dir = traversable_dir();
    Postgres::start(&durable(&dir)).await.expect("starts").stop().await;
    let data = dir.path().join("postgres/data");
    let foreign =
        format!("{}\n{}\n0\n5432\n\n127.0.0.1\n0 0\nready   \n", std::process::id(), data.display());
    std::fs::write(data.join("postmaster.pid"), foreign).expect("ours, or we are root");
    let again = Postgres::start(&durable(&dir)).await.expect("starts in spite of it");
    connect(&again, "postgres").await.close().await.expect("it serves");
}

#[tokio::test]
async fn nobody_connects_without_the_password() {
    let postgres = Postgres::start(&PostgresOptions::disposable().expect("a place")).await.expect("starts");
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", postgres.port());
    let refused = PgConnection::connect(&url).await.expect_err("no password");
    assert_eq!(
        refused.as_database_error().and_then(|error| error.code()).as_deref(),
        Some("28P01"),
        "{refused}"
    );
    let mut connection = connect(&postgres, "postgres").await;
    assert_eq!(setting(&mut connection, "unix_socket_directories").await, "");
    assert_eq!(setting(&mut connection, "fsync").await, "off");
}

#[tokio::test]
async fn dropping_a_disposable_server_leaves_nothing() {
    let postgres = Postgres::start(&PostgresOptions::disposable().expect("a place")).await.expect("starts");
    let (home, port) = (postgres.home().to_owned(), postgres.port());
    assert!(home.join("data").exists());
    drop(postgres);
    assert!(!accepts_connections(port));
    assert!(!home.exists());
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_with_the_pid_of_the_first() {
    let dir = traversable_dir();
    let first = Postgres::start(&durable(&dir)).await.expect("starts");
    let second = Postgres::start(&durable(&dir)).await.err().expect("in use");
    assert!(matches!(second, Error::DataInUse { pid, .. } if pid == first.pid()), "{second}");
}

#[tokio::test]
async fn a_folder_that_its_user_cannot_enter_is_replaced_by_one_that_it_can() {
    let closed = tempfile::tempdir().expect("a directory, closed to others");
    let options = durable(&closed);
    let home = options.home().expect("a place");
    let postgres = Postgres::start(&options).await.expect("starts wherever its data are");
    assert_eq!(postgres.home(), home);
    let serves_root = Path::new("/var/tmp");
    assert!(home == options.dir || home.starts_with(serves_root), "{}", home.display());
    postgres.stop().await;
    Postgres::remove(&options.dir).await.expect("nothing uses it");
    assert!(!home.exists() && !options.dir.exists());
}

/// A process of its own that owns a server and waits to be killed.
struct Owner {
    process: Child,
    pid_file: PathBuf,
    home: PathBuf,
    port: u16,
}

impl Owner {
    fn start(durability: &str, dir: &Path) -> Owner {
        let (program, arguments) = again_as("postgres::owner_of_a_server");
        let mut process = Command::new(program)
            .args(arguments)
            .env("OWNER_OF", durability)
            .env("OWNER_DIR", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let told = lines.map_while(Result::ok).find_map(|line| {
            let (port, home) = line.split_once("server ")?.1.split_once(' ')?;
            Some((port.parse().ok()?, PathBuf::from(home)))
        });
        let (port, home) = told.expect("the owner tells where its server is");
        Owner { process, pid_file: home.join("data/postmaster.pid"), home, port }
    }

    fn kill9(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it has ended");
    }
}

/// No test by itself.
#[tokio::test]
#[ignore = "started as a process of its own by the tests that kill it"]
async fn owner_of_a_server() {
    let Some(dir) = std::env::var_os("OWNER_DIR") else { return };
    let options = match std::env::var("OWNER_OF").as_deref() {
        Ok("disposable") => PostgresOptions::disposable().expect("a place"),
        _ => PostgresOptions { dir: dir.into(), durability: Durability::Durable },
    };
    let postgres = Postgres::start(&options).await.expect("starts");
    let mut out = std::io::stdout();
    writeln!(out, "server {} {}", postgres.port(), postgres.home().display()).expect("the test listens");
    let mut line = String::new();
    // Nothing ever comes: this ends by being killed.
    std::io::stdin().read_line(&mut line).expect("stdin is a pipe");
}

#[tokio::test]
async fn a_killed_owner_takes_its_server_down_in_order_and_the_data_can_be_used_at_once() {
    let dir = traversable_dir();
    let options = durable(&dir);
    let owner = Owner::start("durable", &options.dir);
    assert!(accepts_connections(owner.port) && owner.pid_file.exists());
    let port = owner.port;
    owner.kill9();
    let next = Postgres::start(&options).await.expect("waits for the one before and starts");
    assert!(next.port() == port || !accepts_connections(port));
    let log = std::fs::read_to_string(next.home().join("postgres.log")).expect("a log");
    assert!(log.contains("received fast shutdown request"), "{log}");
    assert!(!log.contains("automatic recovery in progress"), "{log}");
}

#[tokio::test]
async fn a_killed_owner_of_a_disposable_server_leaves_nothing() {
    let dir = traversable_dir();
    let owner = Owner::start("disposable", dir.path());
    let (home, port) = (owner.home.clone(), owner.port);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok() && home.exists());
    owner.kill9();
    eventually("the server is gone", || !accepts_connections(port)).await;
    eventually("its directory is gone", || !home.exists()).await;
}
