//! Where the demo plays: a sandbox that runs already, or one of its own that is gone afterwards.

use std::fmt;
use std::path::PathBuf;

use aws_lc_rs::signature::Ed25519KeyPair;
use govshare_cluster::{Cluster, Options, Seed};
use govshare_model::Role;
use govshare_model::id::UnitId;
use time::Duration;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::args::Global;
use crate::connect::{Caller, connect};
use crate::failure::Failure;
use crate::sandbox::{Issuer, Sandbox, person};
use crate::signing::SigningKey;

const FILL_ATTEMPTS: u32 = 5;

/// The platform and everybody who acts on it.
pub struct Stage {
    channel: Channel,
    pub ca: Option<PathBuf>,
    sandbox: Sandbox,
    issuer: Issuer,
    own: Option<Cluster>,
    endpoint: String,
}

/// Somebody who acts.
#[derive(Clone)]
pub struct Person {
    /// `unit.role`, as the sandbox calls people.
    pub name: String,
    pub unit: UnitId,
    pub caller: Caller,
}

impl Stage {
    /// The sandbox in --dir if it serves, else a new one.
    pub async fn open(global: &Global) -> Result<Stage, Failure> {
        let sandbox = global.sandbox();
        if let Some(endpoint) = global.endpoint.clone().or_else(|| sandbox.gateway.clone()) {
            let reached = match connect(&endpoint, global.ca.as_deref()).await {
                Ok(channel) if serves(&channel).await => Ok(channel),
                Ok(_) => Err(Failure::local(format!("{endpoint} does not serve"))),
                Err(failure) => Err(failure),
            };
            match reached {
                Ok(channel) => {
                    let issuer = sandbox.issuer()?;
                    let ca = global.ca.clone();
                    return Ok(Stage { channel, ca, sandbox, issuer, own: None, endpoint });
                }
                Err(failure) if global.endpoint.is_some() => return Err(failure),
                Err(_) => {}
            }
        }
        let cluster = Cluster::start(Options::disposable()).await.map_err(Failure::local)?;
        fill(&cluster).await?;
        let sandbox = Sandbox::running(cluster.description());
        let endpoint = cluster.gateway_endpoint();
        let channel = connect(&endpoint, None).await?;
        let issuer = sandbox.issuer()?;
        Ok(Stage { channel, ca: None, sandbox, issuer, own: Some(cluster), endpoint })
    }

    /// Stops the sandbox if it is the demo's own.
    pub async fn close(self) -> Result<(), Failure> {
        match self.own {
            Some(cluster) => cluster.stop().await.map_err(Failure::local),
            None => Ok(()),
        }
    }

    /// The unit's one person with this role.
    pub fn person(&self, unit: &UnitId, role: Role) -> Result<Person, Failure> {
        self.somebody(person(unit, role), unit, &[role])
    }

    /// A further person of the unit, `given` being what tells them from the others.
    pub fn person_with(&self, unit: &UnitId, given: &str, roles: &[Role]) -> Result<Person, Failure> {
        self.somebody(format!("{unit}.{given}"), unit, roles)
    }

    fn somebody(&self, name: String, unit: &UnitId, roles: &[Role]) -> Result<Person, Failure> {
        let token = self.issuer.mint(&name, unit, roles, Duration::hours(1))?;
        Ok(Person { caller: Caller::new(self.channel.clone(), &token)?, unit: unit.clone(), name })
    }

    /// Somebody who says to be the unit's person with this role, with a token that another key signed.
    pub fn impostor(&self, unit: &UnitId, role: Role) -> Result<Person, Failure> {
        let made = Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8v1());
        let key = made.map_err(|_| Failure::local("the system gives no random numbers"))?;
        let name = person(unit, role);
        let token = self.issuer.forged(key.as_ref()).mint(&name, unit, &[role], Duration::hours(1))?;
        let caller = Caller::new(self.channel.clone(), &token)?;
        Ok(Person { caller, unit: unit.clone(), name: format!("somebody as {name}") })
    }

    /// The key that the unit signs with, made if the sandbox has none for it.
    pub fn unit_key(&self, unit: &UnitId) -> Result<SigningKey, Failure> {
        let path = self.sandbox.unit_key(unit);
        if path.exists() { SigningKey::read(&path) } else { SigningKey::create(&path) }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.own.is_some() { "a sandbox of its own" } else { "the running sandbox" };
        write!(f, "on {whose}, {}", self.endpoint)
    }
}

/// Registers the units and databases of article 12; a machine under load may need a moment for its first connections.
async fn fill(cluster: &Cluster) -> Result<(), Failure> {
    let seed = Seed::builtin();
    for _ in 1..FILL_ATTEMPTS {
        if cluster.plant(&seed).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    cluster.plant(&seed).await.map_err(Failure::local)
}

async fn serves(channel: &Channel) -> bool {
    let asked = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await;
    asked.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
}
