//! Databases for tests: one disposable server per test process, and on it a fresh database per test, cloned from a
//! template that was migrated once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::OnceCell;

use crate::database::{execute, quoted, url_for};
use crate::error::Error;
use crate::postgres::{Postgres, PostgresOptions};

static SHARED: OnceCell<TestServer> = OnceCell::const_new();

/// A disposable PostgreSQL for the tests of one process; it ends with the process.
pub struct TestServer {
    postgres: Postgres,
    templates: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
    databases: AtomicU64,
}

impl TestServer {
    /// The server of this test process, started by whoever asks first.
    pub async fn shared() -> Result<&'static TestServer, Error> {
        SHARED.get_or_try_init(Self::start).await
    }

    async fn start() -> Result<TestServer, Error> {
        let postgres = Postgres::start(&PostgresOptions::disposable()?).await?;
        Ok(TestServer { postgres, templates: Mutex::default(), databases: AtomicU64::new(0) })
    }

    /// A database of the caller's own, cloned from `template`. The first caller that names a template has it built:
    /// `build` gets the superuser's URL of an empty database, and closes its connections when it is done.
    pub async fn fresh_database<F, B, E>(&self, template: &str, build: B) -> Result<TestDatabase, Error>
    where
        F: Future<Output = Result<(), E>>,
        B: FnOnce(String) -> F,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let template_name = format!("template_{template}");
        let built = {
            let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
            templates.entry(template_name.clone()).or_default().clone()
        };
        built
            .get_or_try_init(async || {
                self.administer(format!("CREATE DATABASE {}", quoted(&template_name))).await?;
                let building = build(self.postgres.url(&template_name)).await;
                if building.is_err() {
                    self.administer(format!("DROP DATABASE {} WITH (FORCE)", quoted(&template_name))).await?;
                }
                building
                    .map_err(|error| Error::Template { name: template_name.clone(), source: error.into() })
            })
            .await?;
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let clone = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&name), quoted(&template_name));
        self.administer(clone).await?;
        Ok(TestDatabase { url: self.postgres.url(&name), admin: self.admin()?, name })
    }

    fn admin(&self) -> Result<PgConnectOptions, Error> {
        Ok(self.postgres.url("postgres").parse()?)
    }

    async fn administer(&self, statement: String) -> Result<(), Error> {
        execute(&self.admin()?, statement).await
    }
}

/// A database that is dropped with this value, whoever may still be connected.
pub struct TestDatabase {
    url: String,
    admin: PgConnectOptions,
    name: String,
}

impl TestDatabase {
    /// URL for the superuser, as `migrate` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// URL for a login role that `migrate` has made.
    pub fn url_for(&self, role: &str, password: &str) -> String {
        url_for(&self.url, role, password).expect("our own URL parses")
    }
}

impl Drop for TestDatabase {
    /// In a thread, because the test's runtime may be about to end; nobody waits for it.
    fn drop(&mut self) {
        let drop_it = format!("DROP DATABASE {} WITH (FORCE)", quoted(&self.name));
        let admin = self.admin.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                // The server removes everything at its own end anyway.
                let _ = runtime.block_on(execute(&admin, drop_it));
            }
        });
    }
}
