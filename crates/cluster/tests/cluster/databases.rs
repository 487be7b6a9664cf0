//! Databases for tests: clones of a template that is built once, gone afterwards.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use govshare_cluster::{Error, TestServer};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Row};

async fn build_register(url: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&url).await?;
    connection
        .execute("CREATE TABLE unit (name text PRIMARY KEY); INSERT INTO unit VALUES ('区教委')")
        .await?;
    connection
        .execute("CREATE ROLE register_reader LOGIN PASSWORD 'x'; GRANT SELECT ON unit TO register_reader")
        .await?;
    connection.close().await
}

async fn count(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.expect("its own URL");
    sqlx::query("SELECT count(*) FROM unit").fetch_one(&mut connection).await.expect("the table").get(0)
}

#[tokio::test]
async fn each_database_is_its_callers_own_and_the_template_is_built_once() {
    let server = TestServer::shared().await.expect("starts");
    let built = AtomicUsize::new(0);
    let build = |url| {
        built.fetch_add(1, Ordering::Relaxed);
        build_register(url)
    };
    let (one, other) =
        tokio::try_join!(server.fresh_database("register", build), server.fresh_database("register", build))
            .expect("two clones");
    assert_eq!(built.load(Ordering::Relaxed), 1);
    let mut connection = PgConnection::connect(one.url()).await.expect("its own URL");
    connection.execute("INSERT INTO unit VALUES ('区卫生局')").await.expect("valid SQL");
    assert_eq!((count(one.url()).await, count(other.url()).await), (2, 1));
    assert_eq!(
        count(&other.url_for("register_reader", "x")).await,
        1,
        "the template's roles hold in its clones"
    );
}

#[tokio::test]
async fn a_dropped_database_is_gone_even_if_somebody_is_connected() {
    let server = TestServer::shared().await.expect("starts");
    let database = server.fresh_database("empty", async |_| Ok::<_, Error>(())).await.expect("a clone");
    let url = database.url().to_owned();
    let _open = PgConnection::connect(&url).await.expect("its own URL");
    drop(database);
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match PgConnection::connect(&url).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("3D000") => break,
            _ => assert!(Instant::now() < deadline, "still there"),
        }
    }
}

#[tokio::test]
async fn a_template_that_fails_to_build_is_an_error_and_may_be_tried_again() {
    let server = TestServer::shared().await.expect("starts");
    let failed =
        server.fresh_database("broken", async |_| Err("migration 3 fails")).await.err().expect("fails");
    assert!(failed.to_string().contains("migration 3 fails"), "{failed}");
    let again = server.fresh_database("broken", async |_| Ok::<_, Error>(())).await.expect("a second try");
    PgConnection::connect(again.url()).await.expect("its own URL");
}
