//! The gateway and nginx as processes before the same tonic server, and the CPU that each of them has used.

use std::error::Error;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use govshare_cluster::{AUDIENCE, GATEWAY, ISSUER, Identity, Process, Program, Seed};
use govshare_model::Role;
use tempfile::TempDir;

use super::UNIT;
use crate::cpu;

const PATIENCE: Duration = Duration::from_secs(20);

/// One process (with its children) that answers calls.
pub struct Server {
    pub endpoint: String,
    process: Process,
}

pub struct Proxies {
    pub hello: Server,
    pub gateway: Server,
    pub nginx: Server,
    collector: Server,
    /// For a drafter of [`UNIT`].
    pub token: String,
    _dir: TempDir,
}

impl Proxies {
    pub async fn start() -> Result<Self, Box<dyn Error>> {
        let dir = TempDir::with_prefix("govshare-bench-")?;
        let held: Vec<TcpListener> =
            (0..5).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
        let ports: Vec<u16> = held
            .iter()
            .map(|port| port.local_addr().map(|address| address.port()))
            .collect::<Result<_, _>>()?;
        drop(held);
        let [hello_port, collector_port, gateway_port, admin_port, nginx_port] = ports[..] else {
            return Err("five ports were asked for".into());
        };

        let ourselves = std::env::current_exe()?;
        let part = |name: &str, port: u16| {
            let args = vec!["--gateway-part".to_owned(), format!("{name}@127.0.0.1:{port}")];
            Server::spawn(name, &ourselves, args, Vec::new(), port, dir.path())
        };
        let hello = part("hello", hello_port)?;
        let collector = part("collector", collector_port)?;
        hello.process.ready(PATIENCE).await?;
        collector.process.ready(PATIENCE).await?;

        let identity = Identity::open(dir.path(), &Seed::builtin())?;
        let token = identity.mint(&UNIT.parse()?, Role::Drafter)?;
        let environment =
            environment(&identity, &hello.endpoint, &collector.endpoint, gateway_port, admin_port);
        let binary = ourselves.with_file_name(GATEWAY.binary());
        let gateway = Server::spawn(
            "gateway",
            &binary,
            vec!["serve".to_owned()],
            environment,
            gateway_port,
            dir.path(),
        )?;
        gateway.process.ready(PATIENCE).await?;

        let configuration = dir.path().join("nginx.conf");
        std::fs::write(&configuration, nginx_configuration(dir.path(), nginx_port, hello_port))?;
        let args = ["-c", &configuration.to_string_lossy(), "-g", "daemon off;"].map(str::to_owned).to_vec();
        let nginx = Server::spawn("nginx", &nginx_binary()?, args, Vec::new(), nginx_port, dir.path())?;
        nginx.process.ready(PATIENCE).await?;
        Ok(Self { hello, gateway, nginx, collector, token, _dir: dir })
    }

    pub async fn stop(&self) {
        for server in [&self.nginx, &self.gateway, &self.collector, &self.hello] {
            server.process.stop(PATIENCE).await;
        }
    }
}

impl Server {
    fn spawn(
        name: &str,
        binary: &Path,
        args: Vec<String>,
        env: Vec<(String, String)>,
        port: u16,
        dir: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let endpoint = format!("http://127.0.0.1:{port}");
        let process = Process::spawn(Program {
            name: name.to_owned(),
            binary: binary.to_owned(),
            args,
            env,
            health: endpoint.clone(),
            log: dir.join(format!("{name}.log")),
            revive: false,
        })?;
        Ok(Self { endpoint, process })
    }

    /// CPU that the process and its children have used so far.
    pub fn cpu_seconds(&self) -> Result<f64, Box<dyn Error>> {
        let pid = self.process.pid().ok_or_else(|| format!("{} has ended", self.process.name()))?;
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let children: Vec<u32> = children.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        children.into_iter().chain([pid]).map(cpu::seconds).sum()
    }
}

/// The gateway as it runs everywhere, but with a rate that the load does not reach.
fn environment(
    identity: &Identity,
    upstream: &str,
    collector: &str,
    port: u16,
    admin_port: u16,
) -> Vec<(String, String)> {
    let path = |path: PathBuf| path.to_string_lossy().into_owned();
    let mut settings = vec![
        ("ENVIRONMENT".to_owned(), "sandbox".to_owned()),
        ("SERVER__LISTEN".to_owned(), format!("127.0.0.1:{port}")),
        ("SERVER__ADMIN_LISTEN".to_owned(), format!("127.0.0.1:{admin_port}")),
        ("IDENTITY__JWKS".to_owned(), path(identity.jwks())),
        ("IDENTITY__ISSUER".to_owned(), ISSUER.to_owned()),
        ("IDENTITY__AUDIENCE".to_owned(), AUDIENCE.to_owned()),
        ("SERVICE_IDENTITY__KEY_FILE".to_owned(), path(identity.service_key_file(GATEWAY.name))),
        ("SERVICE_IDENTITY__JWKS".to_owned(), path(identity.services_jwks())),
        ("TELEMETRY__OTLP_ENDPOINT".to_owned(), collector.to_owned()),
        ("TELEMETRY__SAMPLE_RATIO".to_owned(), "0.01".to_owned()),
        ("SERVICE__CALLS_PER_SECOND".to_owned(), "10000000".to_owned()),
        ("SERVICE__BURST".to_owned(), "10000000".to_owned()),
    ];
    settings.extend(GATEWAY.upstreams.iter().map(|service| {
        (format!("UPSTREAMS__{}", service.replace('-', "_").to_uppercase()), upstream.to_owned())
    }));
    settings.into_iter().map(|(name, value)| (format!("GOVSHARE__{name}"), value)).collect()
}

/// Two workers for two cores, connections kept on both sides, no log: nginx at its best for this.
fn nginx_configuration(dir: &Path, port: u16, upstream: u16) -> String {
    let dir = dir.display();
    format!(
        "worker_processes 2;
pid {dir}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    upstream hello {{
        server 127.0.0.1:{upstream};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} http2;
        keepalive_requests 1000000000;
        http2_max_concurrent_streams 256;
        location / {{ grpc_pass grpc://hello; }}
    }}
}}
"
    )
}

/// Debian's nginx, installed if it is missing and we may.
fn nginx_binary() -> Result<PathBuf, Box<dyn Error>> {
    let installed =
        || ["/usr/sbin/nginx", "/usr/bin/nginx"].map(PathBuf::from).into_iter().find(|path| path.exists());
    if let Some(binary) = installed() {
        return Ok(binary);
    }
    let apt = |arguments: &[&str]| std::process::Command::new("apt-get").args(arguments).output();
    apt(&["update"]).and_then(|_| apt(&["install", "--yes", "--no-install-recommends", "nginx"]))?;
    installed().ok_or_else(|| "nginx is not installed: apt-get install nginx".into())
}
