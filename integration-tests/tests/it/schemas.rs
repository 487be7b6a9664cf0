//! Each service's database role reaches its own schema and no other.

use govshare_cluster::SERVICES;
use sqlx::{Connection, PgConnection};

use crate::city::City;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_is_refused_in_every_other_schema_and_owns_nothing() {
    let city = City::start().await;
    for service in &SERVICES {
        let url = city.database.url_for(&service.database_role(), "sandbox");
        let mut connection = PgConnection::connect(&url).await.expect("the role logs in");
        for other in &SERVICES {
            let schema = service_kit::database::schema(other.name);
            let read = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {schema}.outbox")));
            let read = read.execute(&mut connection).await;
            assert_eq!(
                read.is_ok(),
                other.name == service.name,
                "{} reads {}: {read:?}",
                service.name,
                other.name
            );
            let make = format!("CREATE TABLE {schema}.intruder (id int)");
            let made = sqlx::query(sqlx::AssertSqlSafe(make)).execute(&mut connection).await;
            assert!(made.is_err(), "{} makes tables in {}", service.name, other.name);
        }
        let owned: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = $1",
        )
        .bind(service.database_role())
        .fetch_one(&mut connection)
        .await
        .expect("the catalog is readable");
        assert_eq!(owned, 0, "{} owns nothing", service.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_service_cannot_change_or_delete_what_it_wrote() {
    let city = City::start().await;
    let url = city.database.url_for("govshare_audit", "sandbox");
    let mut connection = PgConnection::connect(&url).await.expect("the role logs in");
    for statement in
        ["UPDATE audit.events SET leaf = ''", "DELETE FROM audit.events", "TRUNCATE audit.events"]
    {
        let refused = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await;
        let error = refused.expect_err(statement);
        let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {error}");
    }
}
