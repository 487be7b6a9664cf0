//! The whole platform in the test's process, on a database of its own, with movable business time: every service on a
//! cloned database, replicas as wanted, with the gateway in front.

use std::collections::BTreeMap;

use govshare_cluster::{AUDIENCE, GATEWAY, ISSUER, Identity, SERVICES, Seed, TestDatabase, TestServer};
use integration_tests::Platform;
use service_kit::process::{Error, Runtime, Serving};
use service_kit::{Clock, Config};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Certificate;

use crate::certificates::Certificates;
use crate::cord::Cord;

/// How many replicas of which service; who is not named has one.
pub type Shape = BTreeMap<&'static str, usize>;

/// A running platform; it ends with this value.
pub struct City {
    platform: Platform,
    pub clock: Clock,
    /// Addresses of each service, one per replica.
    pub services: BTreeMap<&'static str, Vec<String>>,
    pub database: TestDatabase,
    /// Between the services and the database.
    pub cord: Cord,
    certificates: Option<Certificates>,
    stop: CancellationToken,
    _dir: TempDir,
}

const PASSWORD: &str = "sandbox";
/// A Tuesday, before the long holidays of 2026.
const STARTS: i64 = 1_772_503_200;

impl City {
    /// One replica of everything; business time begins on 2026-03-03 at 10:00 in Shanghai.
    pub async fn start() -> City {
        Self::shaped(&Shape::new()).await
    }

    pub async fn shaped(replicas: &Shape) -> City {
        Self::build(replicas, false, (&[], &[])).await
    }

    /// As [`City::start`], with mutual TLS between all services.
    pub async fn start_with_mutual_tls() -> City {
        Self::build(&Shape::new(), true, (&[], &[])).await
    }

    /// As [`City::start`], with exchange's own part of the configuration changed.
    pub async fn start_with_exchange(changed: &[(&str, &str)]) -> City {
        Self::start_with(exchange::NAME, changed).await
    }

    /// As [`City::start`], with one service's own part of the configuration changed.
    pub async fn start_with(service: &str, changed: &[(&str, &str)]) -> City {
        Self::build(&Shape::new(), false, (&[service], changed)).await
    }

    /// As [`City::start`], with these policy packs in force.
    pub async fn start_with_packs(packs: &str) -> City {
        let readers = &[access_request::NAME, agreement::NAME, evaluation::NAME];
        Self::build(&Shape::new(), false, (readers, &[("PACKS", packs)])).await
    }

    async fn build(
        replicas: &Shape,
        mutual_tls: bool,
        (changed_services, changed): (&[&str], &[(&str, &str)]),
    ) -> City {
        let server = TestServer::shared().await.expect("a private PostgreSQL starts");
        let database = server.fresh_database("govshare", migrate).await.expect("a fresh database");
        let port = url::Url::parse(database.url()).ok().and_then(|url| url.port()).expect("a TCP port");
        let cord = Cord::to(([127, 0, 0, 1], port).into()).await;
        let dir = TempDir::with_prefix("govshare-city-").expect("a temporary directory");
        let identity = Identity::open(dir.path(), &Seed::builtin()).expect("keys and tokens");
        let clock = Clock::default();
        clock.set(OffsetDateTime::from_unix_timestamp(STARTS).expect("a moment of 2026"));

        let certificates = mutual_tls.then(|| Certificates::issue(dir.path()));
        let mut sockets = Vec::new();
        let mut services: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for service in SERVICES.iter().chain([&GATEWAY]) {
            for _ in 0..replicas.get(service.name).copied().unwrap_or(1) {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let address = listener.local_addr().expect("a bound port");
                let scheme = if mutual_tls && service.name != GATEWAY.name { "https" } else { "http" };
                services.entry(service.name).or_default().push(format!("{scheme}://{address}"));
                sockets.push((service, listener));
            }
        }
        let stop = CancellationToken::new();
        for (number, (service, listener)) in sockets.into_iter().enumerate() {
            let runtime = Runtime { listener, admin: None, clock: clock.clone(), shutdown: stop.clone() };
            let mut settings = settings(service, number, &services, &identity, &database, &cord, &dir);
            settings.extend(certificates.iter().flat_map(Certificates::settings));
            if changed_services.contains(&service.name) {
                settings.extend(
                    changed
                        .iter()
                        .map(|(name, value)| (format!("GOVSHARE__SERVICE__{name}"), (*value).to_owned())),
                );
            }
            run(service.name, settings, runtime);
        }
        let gateway = services[GATEWAY.name][0].clone();
        let platform = Platform::at(&gateway, identity);
        let city = City { platform, clock, services, database, cord, certificates, stop, _dir: dir };
        city.wait_until_ready().await;
        city.register_units().await;
        city
    }

    /// The authority of the services' certificates.
    pub fn authority(&self) -> Certificate {
        self.certificates.as_ref().expect("a city with mutual TLS").authority()
    }

    /// Moves business time to a day at 10:00 in Shanghai.
    pub fn travel_to(&self, year: i32, month: u8, day: u8) {
        let month = time::Month::try_from(month).expect("a month");
        let date = time::Date::from_calendar_date(year, month, day).expect("a day");
        let offset = time::UtcOffset::from_hms(8, 0, 0).expect("Shanghai's offset");
        self.clock.set(date.with_hms(10, 0, 0).expect("ten o'clock").assume_offset(offset));
    }
}

impl std::ops::Deref for City {
    type Target = Platform;
    fn deref(&self) -> &Platform {
        &self.platform
    }
}

impl Drop for City {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn migrate(owner: String) -> Result<(), Error> {
    for (name, migrations) in [
        (catalog::NAME, &catalog::MIGRATIONS),
        (security_review::NAME, &security_review::MIGRATIONS),
        (access_request::NAME, &access_request::MIGRATIONS),
        (agreement::NAME, &agreement::MIGRATIONS),
        (exchange::NAME, &exchange::MIGRATIONS),
        (audit::NAME, &audit::MIGRATIONS),
        (evaluation::NAME, &evaluation::MIGRATIONS),
    ] {
        let role = service_kit::database::role(name);
        let runtime = format!("postgres://{role}:{PASSWORD}@127.0.0.1/unused");
        service_kit::database::migrate(name, &owner, &runtime, migrations).await?;
    }
    Ok(())
}

/// `xicheng-2014` as an info office may interpret it anew: entries are listed before their restriction is on file.
fn listed_before_filed() -> String {
    const PACK: &str = include_str!("../../../crates/model/data/packs/xicheng-2014.toml");
    let choice = |value| format!("[restriction.filed_first]\nvalue = {value}");
    let chosen = PACK.replace(&choice(true), &choice(false)).replace("version = 1", "version = 2");
    assert_ne!(chosen, PACK);
    chosen
}

type Settings = Vec<(String, String)>;

fn settings(
    service: &govshare_cluster::Service,
    number: usize,
    services: &BTreeMap<&'static str, Vec<String>>,
    identity: &Identity,
    database: &TestDatabase,
    cord: &Cord,
    dir: &TempDir,
) -> Settings {
    let path = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let mut settings = vec![
        ("ENVIRONMENT".to_owned(), "sandbox".to_owned()),
        ("IDENTITY__JWKS".to_owned(), path(identity.jwks())),
        ("IDENTITY__ISSUER".to_owned(), ISSUER.to_owned()),
        ("IDENTITY__AUDIENCE".to_owned(), AUDIENCE.to_owned()),
        ("SERVICE_IDENTITY__KEY_FILE".to_owned(), path(identity.service_key_file(service.name))),
        ("SERVICE_IDENTITY__JWKS".to_owned(), path(identity.services_jwks())),
    ];
    if service.name != GATEWAY.name {
        let direct = database.url_for(&service.database_role(), PASSWORD);
        let mut through_the_cord = url::Url::parse(&direct).expect("a URL");
        through_the_cord.set_port(Some(cord.port())).expect("a URL with a port");
        settings.push(("DATABASE__URL".to_owned(), through_the_cord.into()));
        settings.push(("DATABASE__MAX_CONNECTIONS".to_owned(), "4".to_owned()));
    }
    match service.name {
        "catalog" => {
            let index = dir.path().join(format!("index-{number}"));
            settings.push(("SERVICE__INDEX_DIR".to_owned(), path(index)));
            let root = identity.info_office_root_key().expect("the info office has a key");
            settings.push(("SERVICE__INFO_OFFICE_ROOT_KEY".to_owned(), root));
        }
        // Restrictions have journeys of their own; elsewhere they would only stand in the way.
        "security-review" => {
            let pack = dir.path().join("listed-before-filed.toml");
            std::fs::write(&pack, listed_before_filed()).expect("a file of the test");
            settings.push(("SERVICE__PACKS".to_owned(), format!("{}@2014-08-01..", path(pack))));
        }
        "exchange" => {
            settings.push(("SERVICE__DATA_LISTEN".to_owned(), "127.0.0.1:0".to_owned()));
            settings.push(("SERVICE__STORE_DIR".to_owned(), path(dir.path().join("objects"))));
        }
        _ => {}
    }
    for called in service.upstreams {
        let name = called.replace('-', "_").to_uppercase();
        settings.push((format!("UPSTREAMS__{name}"), services[called].join(",")));
    }
    settings.into_iter().map(|(name, value)| (format!("GOVSHARE__{name}"), value)).collect()
}

fn run(name: &'static str, settings: Settings, runtime: Runtime) {
    match name {
        "catalog" => spawn(name, catalog::DEFAULTS, settings, runtime, catalog::serve),
        "security-review" => {
            spawn(name, security_review::DEFAULTS, settings, runtime, security_review::serve)
        }
        "access-request" => spawn(name, access_request::DEFAULTS, settings, runtime, access_request::serve),
        "agreement" => spawn(name, agreement::DEFAULTS, settings, runtime, agreement::serve),
        "exchange" => spawn(name, exchange::DEFAULTS, settings, runtime, exchange::serve),
        "audit" => spawn(name, audit::DEFAULTS, settings, runtime, audit::serve),
        "evaluation" => spawn(name, evaluation::DEFAULTS, settings, runtime, evaluation::serve),
        "gateway" => spawn(name, gateway::DEFAULTS, settings, runtime, gateway::serve),
        unknown => unreachable!("no service {unknown}"),
    }
}

fn spawn<S: serde::de::DeserializeOwned>(
    name: &'static str,
    defaults: &str,
    settings: Settings,
    runtime: Runtime,
    serve: impl FnOnce(Config<S>, Runtime) -> Serving,
) {
    let config = Config::from_variables(defaults, settings).expect("a configuration");
    let serving = serve(config, runtime);
    tokio::spawn(async move {
        if let Err(error) = serving.await {
            panic!("{name} ended: {error}");
        }
    });
}
