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
        ("[service]\ndepth = 3\nbreadth = 1\n", ("GOVSHARE__ENVIRONMENT", "sandbox"), "breadth"),
    ] {
        let error = load(defaults, &[variable]).expect_err(key).to_string();
        assert!(error.contains(key), "{key} is not in: {error}");
    }
}

#[test]
fn production_refuses_the_sandboxs_password_and_a_share_of_traces_above_one() {
    let url = "postgres://govshare_catalog:sandbox@db/govshare";
    let database =
        "[database]\nurl = \"\"\nmax_connections = 1\nacquire_timeout_ms = 1\nstatement_timeout_ms = 1\n";
    let defaults = format!("{DEFAULTS}{database}");
    let refused = load(&defaults, &[("GOVSHARE__DATABASE__URL", url)]).expect_err("a default password");
    assert!(refused.to_string().contains("database.url"));
    let sandbox = [("GOVSHARE__DATABASE__URL", url), ("GOVSHARE__ENVIRONMENT", "sandbox")];
    load(&defaults, &sandbox).expect("the sandbox may");
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
