//! A cluster of real processes on a durable PostgreSQL of its own, with the units of article 12, for one benchmark.

use std::error::Error;

use govshare_cluster::{Cluster, Options, Seed, Storage};
use integration_tests::Platform;
use tempfile::TempDir;

pub struct Sandbox {
    pub cluster: Cluster,
    pub platform: Platform,
    _dir: TempDir,
}

impl Sandbox {
    /// Processes that a benchmark ends stay away.
    pub async fn start() -> Result<Self, Box<dyn Error>> {
        let dir = tempfile::tempdir()?;
        let storage = Storage::Sandbox(dir.path().join("sandbox"));
        let options = Options { storage, revive: false, log: "warn".to_owned(), ..Options::disposable() };
        let cluster = Cluster::start(options).await?;
        cluster.plant(&Seed::builtin()).await?;
        let platform = Platform::at(&cluster.gateway_endpoint(), cluster.identity().clone());
        platform.wait_until_ready().await;
        Ok(Self { cluster, platform, _dir: dir })
    }
}
