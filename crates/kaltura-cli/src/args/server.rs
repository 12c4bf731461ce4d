//! Options for the server.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use clap::Args;
use kaltura_auth::{InvalidServiceUrl, Region, ServiceUrl};
use kaltura_http::{ReqwestTransport, ReqwestTransportBuilder};

use crate::args::values;
use crate::config::{Environment, Found, Origin, Setting, Settings};
use crate::error::Failure;
use crate::http::LoggedTransport;
use crate::output::Ui;
use crate::redaction::unopened;
use crate::time::parse_limit;

/// The variables that name the proxy of requests.
const PROXY_VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The region of a server, if it is that of one.
pub(crate) fn region_of(url: &ServiceUrl) -> Option<Region> {
    Region::ALL.into_iter().find(|region| ServiceUrl::from(*region) == *url)
}

/// Where the API is, and how to reach it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerOptions {
    #[command(flatten)]
    address: ServerAddressOptions,

    /// Time limit of each request
    ///
    /// This does not limit waiting for a login that another kaltura process has in progress.
    #[arg(long, value_name = "DURATION", value_parser = parse_limit, default_value = "30s")]
    pub(crate) timeout: Duration,

    /// Also trust the certificates in this PEM file: of a CA, or of the server itself [env: KALTURA_CA_FILE]
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    /// The certificates in the file, read when the settings are known.
    #[arg(skip)]
    certificates: OnceLock<Option<Vec<u8>>>,
}

impl ServerOptions {
    /// The server: see [`ServerAddressOptions::service_url`]. Checks what the transport will need of the settings.
    pub(crate) fn service_url(&self, settings: &Settings) -> Result<ServiceUrl, Failure> {
        let url = self.address.service_url(settings)?;
        if self.certificates.get().is_none() {
            check_proxies(&settings.environment)?;
            let _ = self.certificates.set(self.certificates(settings)?);
        }
        Ok(url)
    }

    fn certificates(&self, settings: &Settings) -> Result<Option<Vec<u8>>, Failure> {
        let path = match &self.ca_file {
            Some(path) => path.clone(),
            None => match settings.given(&[&Setting::CA_FILE])? {
                Some(given) => given.path()?,
                None => return Ok(None),
            },
        };
        let pem = std::fs::read(&path).map_err(|error| unopened(&path, &error))?;
        Ok(Some(pem))
    }

    pub(crate) fn found(&self, settings: &Settings) -> Found {
        self.address.found(settings)
    }

    /// What carries the requests. Each of them brings its own limit of time.
    pub(crate) fn transport(&self, ui: &Ui) -> Result<LoggedTransport, Failure> {
        let connect = ReqwestTransportBuilder::DEFAULT_CONNECT_TIMEOUT.min(self.timeout);
        let mut builder = ReqwestTransport::builder().connect_timeout(connect).timeout(None);
        if let Some(Some(certificates)) = self.certificates.get() {
            builder = with_root_certificates(builder, certificates)?;
        }
        let http = builder.build().map_err(|error| {
            let failure = Failure::from(error);
            match self.certificates.get() {
                Some(Some(_)) => failure.with_hint(
                    "Check --ca-file, or where the CA file is set: it must hold certificates in PEM format.",
                ),
                _ => failure,
            }
        })?;
        Ok(LoggedTransport::new(http, ui.clone()))
    }
}

#[cfg(any(feature = "native-tls", feature = "rustls"))]
#[expect(clippy::unnecessary_wraps, reason = "fails where the command has no TLS")]
fn with_root_certificates(
    builder: ReqwestTransportBuilder,
    pem: &[u8],
) -> Result<ReqwestTransportBuilder, Failure> {
    Ok(builder.add_root_certificates_pem(pem))
}

#[cfg(not(any(feature = "native-tls", feature = "rustls")))]
fn with_root_certificates(_: ReqwestTransportBuilder, _: &[u8]) -> Result<ReqwestTransportBuilder, Failure> {
    Err(Failure::usage("--ca-file requires TLS, which this build of kaltura does not have"))
}

/// Refuses a proxy that cannot be read: the requests would be sent without it. Its URL may hold a password. With a `#`, `/`
/// or `?` in that, a part of it would be taken for the host, and shown.
fn check_proxies(environment: &Environment) -> Result<(), Failure> {
    for name in PROXY_VARIABLES {
        if environment.text(name)?.is_some_and(|text| !is_proxy(&text)) {
            return Err(Failure::usage(format!("{name} is not the URL of a proxy")).with_hint(
                "Use http://HOST:PORT, with special characters of a password percent-encoded (# is %23).",
            ));
        }
    }
    Ok(())
}

fn is_proxy(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let behind_host = rest.find(['/', '?', '#']).map_or("", |place| &rest[place..]);
    !behind_host.contains(['@', '#'])
        && ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(&scheme)
        && format!("{scheme}://{rest}")
            .parse::<http::Uri>()
            .is_ok_and(|url| url.host().is_some_and(|host| !host.is_empty()))
}

/// Where the API is. Who asks it nothing needs no more.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerAddressOptions {
    /// The server, if not one of Kaltura's regions [env: KALTURA_SERVICE_URL]
    #[arg(long, value_name = "https://HOST", conflicts_with = "region")]
    service_url: Option<String>,

    /// The region: us, de, eu, sg, ca or ap [default: us] [env: KALTURA_REGION]
    #[arg(long, value_name = "REGION", add = values::regions())]
    region: Option<Region>,

    /// Allow an http:// URL of another machine: the session is sent unencrypted
    #[arg(long)]
    allow_plain_http: bool,
}

impl ServerAddressOptions {
    /// The server: the URL or the region that was given, else that of the environment, else that of the profile,
    /// else the US region.
    pub(crate) fn service_url(&self, settings: &Settings) -> Result<ServiceUrl, Failure> {
        if let Some(text) = &self.service_url {
            return self.read(text, Setting::SERVICE_URL.option);
        }
        if let Some(region) = self.region {
            return Ok(region.into());
        }
        match settings.given(&[&Setting::SERVICE_URL, &Setting::REGION])? {
            None => Ok(ServiceUrl::US),
            Some(given) if *given.setting == Setting::REGION => Ok(given.parse(str::parse::<Region>)?.into()),
            Some(given) => self.read(&given.text, &given.place()),
        }
    }

    /// The server, and who has named it.
    pub(crate) fn found(&self, settings: &Settings) -> Found {
        let by_url = self.service_url.is_some().then_some(Setting::SERVICE_URL.option);
        let by_option = by_url.or_else(|| self.region.is_some().then_some(Setting::REGION.option));
        let origin = settings.origin(by_option, &[&Setting::SERVICE_URL, &Setting::REGION]);
        let value = self.service_url(settings).map(|url| Some(url.to_string()));
        Found::new(&Setting::SERVICE_URL, value, origin.or(Some(Origin::Default)))
    }

    fn read(&self, text: &str, origin: &str) -> Result<ServiceUrl, Failure> {
        let url = if self.allow_plain_http { ServiceUrl::parse_allowing_http(text) } else { text.parse() };
        url.map_err(|error| {
            let failure = Failure::usage(format!("{origin} is invalid: {error}"));
            match error {
                InvalidServiceUrl::PlainHttp => {
                    failure.with_hint("If you trust the network in between, pass --allow-plain-http.")
                }
                _ => failure,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    use crate::config::Environment;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        server: ServerAddressOptions,
    }

    const UNSET: Environment = Environment::of_test(|_| None);
    const SET: Environment = Environment::of_test(|name| {
        (name == "KALTURA_SERVICE_URL").then(|| "https://video.example.com".into())
    });
    const REGION: Environment = Environment::of_test(|name| (name == "KALTURA_REGION").then(|| "ca".into()));

    fn url(arguments: &[&str], environment: &Environment) -> Result<String, Failure> {
        of(arguments, &Settings::of_environment(environment))
    }

    fn of(arguments: &[&str], settings: &Settings) -> Result<String, Failure> {
        let line = [&["x"], arguments].concat();
        Line::try_parse_from(line).unwrap().server.service_url(settings).map(|url| url.to_string())
    }

    #[test]
    fn a_region_of_the_environment_goes_before_a_url_of_the_profile() {
        let profile = "service_url = 'https://video.example.com'";
        assert_eq!(of(&[], &Settings::of_test(&REGION, profile)).unwrap(), "https://api.ca.kaltura.com");
        assert_eq!(of(&[], &Settings::of_test(&UNSET, profile)).unwrap(), "https://video.example.com");
        assert_eq!(
            of(&[], &Settings::of_test(&UNSET, "region = 'eu'")).unwrap(),
            "https://api.eu.kaltura.com"
        );
        let failure = of(&[], &Settings::of_test(&UNSET, "region = 'hush'")).unwrap_err().to_string();
        assert!(failure.starts_with("region of profile 'test' is invalid") && !failure.contains("hush"));
    }

    #[test]
    fn an_option_goes_before_the_environment_and_that_before_the_default() {
        assert_eq!(url(&[], &UNSET).unwrap(), "https://www.kaltura.com");
        assert_eq!(url(&[], &SET).unwrap(), "https://video.example.com");
        assert_eq!(url(&["--region", "EU"], &SET).unwrap(), "https://api.eu.kaltura.com");
        assert_eq!(
            url(&["--service-url", "https://example.com/api_v3"], &SET).unwrap(),
            "https://example.com"
        );
    }

    #[test]
    fn no_special_character_in_a_password_makes_it_a_part_of_the_host() {
        assert!(is_proxy("http://me:ha%23hush@proxy:3128/") && is_proxy("proxy:3128"));
        for special in ['#', '/', '?', '\\'] {
            for password in [format!("ha{special}hush"), format!("{special}hush"), format!("12{special}3")] {
                assert!(!is_proxy(&format!("http://me:{password}@proxy.example.com:3128")), "{password}");
            }
        }
    }

    #[test]
    fn a_wrong_url_is_not_quoted_and_plain_http_is_asked_for_by_name() {
        let plain = ["--service-url", "http://hush.example.com"];
        for (url_given, why) in [("https://me:hush@example.com", ""), (plain[1], "--allow-plain-http")] {
            let failure = format!("{:?}", url(&["--service-url", url_given], &UNSET).unwrap_err());
            assert!(failure.contains(why) && !failure.contains("hush"), "{failure}");
        }
        assert!(url(&[&plain[..], &["--allow-plain-http"]].concat(), &UNSET).is_ok());
        assert!(url(&["--service-url", "http://127.0.0.1:8080"], &UNSET).is_ok());
    }
}
