//! Which calls are routed and to which service, read from the contracts: every public proto service but the
//! downloads. What is not here does not exist for clients, in reflection neither.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderValue;
use prost::Message;
use prost_types::FileDescriptorSet;

/// Proto package and the service that answers for it.
pub const UPSTREAMS: [(&str, &str); 7] = [
    ("govshare.catalog.v1", "catalog"),
    ("govshare.security_review.v1", "security-review"),
    ("govshare.access_request.v1", "access-request"),
    ("govshare.agreement.v1", "agreement"),
    ("govshare.exchange.v1", "exchange"),
    ("govshare.audit.v1", "audit"),
    ("govshare.evaluation.v1", "evaluation"),
];

/// Served on exchange's own port, where its tickets are the credential.
const NOT_ROUTED: (&str, &str) = ("govshare.exchange.v1", "DownloadService");

/// One routed method.
pub struct Route {
    /// `package.Service`.
    pub service: String,
    pub method: String,
    /// Position in [`UPSTREAMS`].
    pub upstream: usize,
    pub limit: Limit,
}

/// Longest time for a call, as a duration and as `grpc-timeout` says it.
#[derive(Clone)]
pub struct Limit {
    pub duration: Duration,
    pub header: HeaderValue,
}

impl Limit {
    pub fn seconds(seconds: u64) -> Self {
        // grpc-timeout has at most eight digits.
        let seconds = seconds.min(99_999_999);
        let header = HeaderValue::try_from(format!("{seconds}S")).expect("digits are ASCII");
        Self { duration: Duration::from_secs(seconds), header }
    }
}

/// All routed methods.
pub struct Routes {
    by_path: HashMap<String, usize>,
    routes: Vec<Route>,
}

impl Routes {
    /// Reads the contracts; `unary` and `stream` bound the two kinds of calls.
    pub fn new(unary: &Limit, stream: &Limit) -> Self {
        let mut table = Self { by_path: HashMap::new(), routes: Vec::new() };
        for file in &public_descriptors().file {
            let Some(upstream) = UPSTREAMS.iter().position(|(package, _)| *package == file.package()) else {
                continue;
            };
            for service in &file.service {
                for method in &service.method {
                    let streams = method.client_streaming() || method.server_streaming();
                    let route = Route {
                        service: format!("{}.{}", file.package(), service.name()),
                        method: method.name().to_owned(),
                        upstream,
                        limit: if streams { stream.clone() } else { unary.clone() },
                    };
                    table.by_path.insert(format!("/{}/{}", route.service, route.method), table.routes.len());
                    table.routes.push(route);
                }
            }
        }
        table
    }

    /// Number of the route of `/package.Service/Method`.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    pub fn all(&self) -> &[Route] {
        &self.routes
    }
}

impl std::ops::Index<usize> for Routes {
    type Output = Route;
    fn index(&self, number: usize) -> &Route {
        &self.routes[number]
    }
}

/// The contracts without what is internal or not routed.
pub fn public_descriptors() -> FileDescriptorSet {
    let mut files = FileDescriptorSet::decode(govshare_proto::DESCRIPTORS)
        .expect("the descriptors are written by the build of govshare-proto");
    files.file.retain(|file| !file.package().split('.').any(|part| part == "internal"));
    for file in &mut files.file {
        let package = file.package().to_owned();
        file.service.retain(|service| (package.as_str(), service.name()) != NOT_ROUTED);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_service_is_routed_and_nothing_else() {
        let all = FileDescriptorSet::decode(govshare_proto::DESCRIPTORS).expect("descriptors");
        let routes = Routes::new(&Limit::seconds(30), &Limit::seconds(3600));
        let mut public = 0;
        for file in &all.file {
            for (service, method) in file.service.iter().flat_map(|s| s.method.iter().map(move |m| (s, m))) {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let closed = file.package().contains(".internal.") || service.name() == "DownloadService";
                public += usize::from(!closed);
                assert_eq!(routes.find(&path).is_none(), closed, "{path}");
            }
        }
        assert_eq!(routes.all().len(), public);
    }

    #[test]
    fn streams_have_the_longer_limit() {
        let routes = Routes::new(&Limit::seconds(30), &Limit::seconds(3600));
        let limit = |path| routes.find(path).map(|number| routes[number].limit.header.clone());
        let upload = limit("/govshare.exchange.v1.ExchangeService/PublishDataVersion");
        assert_eq!(upload, Some(HeaderValue::from_static("3600S")));
        let unary = limit("/govshare.catalog.v1.EntryService/SearchEntries");
        assert_eq!(unary, Some(HeaderValue::from_static("30S")));
    }
}
