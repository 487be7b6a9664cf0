//! An unknown key is an error that names it; a sandbox's secrets do not work in production.

use serde::Deserialize;
use service_kit::Config;
use service_kit::config::{ConfigError, Environment};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Settings {
    depth: u32,
}

const DEFAULTS: &str = "[service]\ndepth = 3\n";

fn load(defaults: &str, variables: &[(&str, &str)]) -> Result<Config<Settings>, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_variables(defaults, variables)
}

#[test]
fn the_environment_overrides_the_defaults() {
    let config = load(
        DEFAULTS,
        &[
            ("GOVSHARE__SERVER__LISTEN", "127.0.0.1:8101"),
            ("GOVSHARE__SERVICE__DEPTH", "4"),
            ("GOVSHARE__UPSTREAMS__ACCESS_REQUEST", "http://127.0.0.1:1, http://127.0.0.1:2"),
        ],
    )
    .expect("a configuration");
    assert_eq!((config.service.depth, config.server.listen.port()), (4, 8101));
    assert_eq!(config.environment, Environment::Production);
    let upstream = config.upstream("access-request").expect("configured");
    assert_eq!(upstream, ["http://127.0.0.1:1", "http://127.0.0.1:2"]);
    assert!(
        config
            .upstream("audit")
            .expect_err("not configured")
            .to_string()
            .contains("GOVSHARE__UPSTREAMS__AUDIT")
    );
}

#[test]
fn an_unknown_key_is_named_wherever_it_stands() {
    for (defaults, variable, key) in [
        (DEFAULTS, ("GOVSHARE__SERVER__LISTNE", "127.0.0.1:1"), "listne"),
        (DEFAULTS, ("GOVSHARE__SERVICE__DEEPTH", "4"), "deepth"),
        (DEFAULTS, ("GOVSHARE__NONSENSE", "1"), "nonsense"),
        (DEFAULTS, ("GOVSHARE__UPSTREAMS__CATALOGUE", "http://127.0.0.1:1"), "catalogue"),
        ("[service]\ndepth = 3\nbreadth = 1\n", ("GOVSHARE__ENVIRONMENT", "sandbox"), "breadth"),
    ] {
        let error = load(defaults, &[variable]).expect_err(key).to_string();
        assert!(error.contains(key), "{key} is not in: {error}");
    }
}

#[test]
fn production_refuses_a_sandboxs_password_wherever_a_url_has_it() {
    let database =
        "[database]\nurl = \"\"\nmax_connections = 1\nacquire_timeout_ms = 1\nstatement_timeout_ms = 1\n";
    let defaults = format!("{DEFAULTS}{database}");
    for (variable, key) in
        [("GOVSHARE__DATABASE__URL", "database.url"), ("GOVSHARE__MIGRATE__URL", "migrate.url")]
    {
        for url in [
            "postgres://govshare_catalog:sandbox@db/govshare",
            "postgres://govshare_catalog:sandbox-6b1f@db/govshare",
            "postgres://govshare_catalog:s%61ndbox@db/govshare",
            "postgres://govshare_catalog@db/govshare?sslmode=require&password=sandbox",
            "postgres://govshare_catalog@db/govshare?password=s%61ndbox-6b1f",
        ] {
            let refused = load(&defaults, &[(variable, url)]).expect_err(url).to_string();
            assert!(refused.contains(key), "{refused}");
            load(&defaults, &[(variable, url), ("GOVSHARE__ENVIRONMENT", "sandbox")])
                .expect("the sandbox may");
        }
        let own = "postgres://sandbox:own@sandbox/sandbox?application_name=sandbox";
        load(&defaults, &[(variable, own)]).expect("the password is not the sandbox's");
    }
}

#[test]
fn production_refuses_the_issuers_keys_in_the_clear() {
    let url = |scheme: &str| format!("{scheme}://issuer.example/jwks.json");
    let refused = load(DEFAULTS, &[("GOVSHARE__IDENTITY__JWKS", &url("http"))]).expect_err("in the clear");
    assert!(refused.to_string().contains("identity.jwks"), "{refused}");
    load(DEFAULTS, &[("GOVSHARE__IDENTITY__JWKS", &url("https"))]).expect("over TLS");
    let sandbox = [("GOVSHARE__IDENTITY__JWKS", &*url("http")), ("GOVSHARE__ENVIRONMENT", "sandbox")];
    load(DEFAULTS, &sandbox).expect("the sandbox may");
}

#[test]
fn a_share_of_traces_above_one_is_refused() {
    let refused = load(DEFAULTS, &[("GOVSHARE__TELEMETRY__SAMPLE_RATIO", "1.5")]).expect_err("more than all");
    assert!(refused.to_string().contains("telemetry.sample_ratio"));
}

#[test]
fn secrets_are_not_printed() {
    let database = "[database]\nurl = \"postgres://u:hunter2@h/d\"\nmax_connections = 1\nacquire_timeout_ms = 1\nstatement_timeout_ms = 1\n";
    let config =
        load(&format!("{DEFAULTS}{database}"), &[("GOVSHARE__MIGRATE__URL", "postgres://o:hunter3@h/d")]);
    let printed = format!("{:?}", config.expect("a configuration"));
    assert!(!printed.contains("hunter"), "{printed}");
}
