//! What the cluster needs of any PostgreSQL server, its own or an existing one.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::error::Error;

/// SQLSTATE of a connection to a database that does not exist.
const INVALID_CATALOG_NAME: &str = "3D000";
/// SQLSTATE of making a database that somebody else has made meanwhile.
const DUPLICATE_DATABASE: &str = "42P04";

/// Makes the database that `url` names if the server does not have it yet; its user must be allowed to.
pub async fn ensure_database(url: &str) -> Result<(), Error> {
    let options: PgConnectOptions = url.parse()?;
    let missing = match PgConnection::connect_with(&options).await {
        Ok(connection) => return Ok(connection.close().await?),
        Err(error) if has_code(&error, INVALID_CATALOG_NAME) => options.get_database().map(str::to_owned),
        Err(error) => return Err(error.into()),
    };
    let name = missing.unwrap_or_else(|| options.get_username().to_owned());
    let create = format!("CREATE DATABASE {}", quoted(&name));
    match execute(&options.database("postgres"), create).await {
        Err(Error::Database(error)) if has_code(&error, DUPLICATE_DATABASE) => Ok(()),
        created => created,
    }
}

/// The same database as `url`'s, for another role.
pub(crate) fn url_for(url: &str, role: &str, password: &str) -> Result<String, Error> {
    let options: PgConnectOptions = url.parse()?;
    Ok(options.username(role).password(password).to_url_lossy().into())
}

/// A password that needs no quoting anywhere, with the mark by which production refuses it.
pub(crate) fn password() -> Result<String, Error> {
    Ok(format!("sandbox-{}", random_name()?))
}

/// 128 random bits in hex.
pub(crate) fn random_name() -> Result<String, Error> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Randomness)?;
    Ok(hex::encode(bytes))
}

/// Runs one statement over a connection of its own.
pub(crate) async fn execute(options: &PgConnectOptions, statement: String) -> Result<(), Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// A name as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn has_code(error: &sqlx::Error, code: &str) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|found| found == code)
}
