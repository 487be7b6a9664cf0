//! The database of this source tree: every service's migrations, read from disk, on a disposable server. For what
//! needs the tables before the services compile, such as writing the descriptions of their queries.

use std::path::Path;
use std::process::ExitStatus;

use sqlx::migrate::Migrator;
use tokio::process::Command;

use crate::database::{ensure_database, url_for};
use crate::error::{Error, FileResult};
use crate::postgres::{Postgres, PostgresOptions};
use crate::services::SERVICES;

/// Runs `command` with `DATABASE_URL` naming a database that has the tables of all services under `source`.
pub async fn with_database(source: &Path, command: &[String]) -> Result<ExitStatus, Error> {
    let [program, arguments @ ..] = command else { return Err(Error::Seed("no command given".to_owned())) };
    let postgres = Postgres::start(&PostgresOptions::disposable()?).await?;
    let url = postgres.url("govshare");
    ensure_database(&url).await?;
    for service in &SERVICES {
        let migrations = source.join("services").join(service.name).join("migrations");
        let failed =
            |problem: String| Error::Failed { program: format!("migrate {}", service.name), output: problem };
        let migrator =
            Migrator::new(migrations.as_path()).await.map_err(|error| failed(error.to_string()))?;
        let runtime = url_for(&url, &service.database_role(), "unused")?;
        service_kit::database::migrate(service.name, &url, &runtime, &migrator)
            .await
            .map_err(|error| failed(error.to_string()))?;
    }
    let status = Command::new(program)
        .args(arguments)
        .env("DATABASE_URL", &url)
        .current_dir(source)
        .status()
        .await
        .or_file("run", Path::new(program))?;
    postgres.stop().await;
    Ok(status)
}
