//! Options for the server.

use std::time::Duration;

use clap::Args;
use kaltura_auth::{InvalidServiceUrl, Region, ServiceUrl};
use kaltura_http::{ReqwestTransport, ReqwestTransportBuilder};

use crate::completion::values;
use crate::config::{Found, Origin, Setting, Settings};
use crate::error::Failure;
use crate::http::ToldTransport;
use crate::output::Ui;
use crate::time::parse_limit;

/// Where the API is, and how to reach it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerOptions {
    #[command(flatten)]
    address: ServerAddressOptions,

    /// How long each request may take
    ///
    /// A login that another command makes for the same session is waited for until it ends, however long that takes.
    #[arg(long, value_name = "DURATION", value_parser = parse_limit, default_value = "30s")]
    timeout: Duration,
}

impl ServerOptions {
    /// The server: see [`ServerAddressOptions::service_url`].
    pub(crate) fn service_url(&self, settings: &Settings) -> Result<ServiceUrl, Failure> {
        self.address.service_url(settings)
    }

    /// The server, and who has named it.
    pub(crate) fn found(&self, settings: &Settings) -> Found {
        self.address.found(settings)
    }

    /// How long each request may take.
    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What carries the requests. Each of them brings its own limit of time.
    pub(crate) fn transport(&self, ui: &Ui) -> Result<ToldTransport, Failure> {
        let connect = ReqwestTransportBuilder::DEFAULT_CONNECT_TIMEOUT.min(self.timeout);
        let http = ReqwestTransport::builder().connect_timeout(connect).timeout(None).build()?;
        Ok(ToldTransport::new(http, ui.clone()))
    }
}

/// Where the API is. Who asks it nothing needs no more.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerAddressOptions {
    /// Where the API is, if not in one of Kaltura's own regions [env: KALTURA_SERVICE_URL]
    #[arg(long, value_name = "https://HOST", conflicts_with = "region")]
    service_url: Option<String>,

    /// One of Kaltura's own regions: us, de, eu, sg, ca or ap [default: us] [env: KALTURA_REGION]
    #[arg(long, value_name = "REGION", add = values::regions())]
    region: Option<Region>,

    /// Take an http:// URL of another machine: the session is sent unencrypted
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
        let environment = settings.environment();
        let Setting { variable, entry, .. } = Setting::SERVICE_URL;
        if let Some(text) = environment.text(variable)? {
            return self.read(&text, variable);
        }
        if let Some(region) = environment.value_by(Setting::REGION.variable, str::parse::<Region>)? {
            return Ok(region.into());
        }
        let Some(profile) = settings.needed_profile()? else { return Ok(ServiceUrl::US) };
        if let Some(text) = profile.text(entry) {
            return self.read(text, &format!("{entry} of the profile {}", profile.name()));
        }
        let region = profile.value_by(Setting::REGION.entry, str::parse::<Region>)?;
        Ok(region.map_or(ServiceUrl::US, ServiceUrl::from))
    }

    /// The server, and who has named it.
    pub(crate) fn found(&self, settings: &Settings) -> Found {
        let by_url = self.service_url.is_some().then_some(Setting::SERVICE_URL.option);
        let by_option = by_url.or_else(|| self.region.is_some().then_some(Setting::REGION.option));
        let origin = settings.origin(by_option, &[&Setting::SERVICE_URL, &Setting::REGION]);
        let value = self.service_url(settings).map(|url| Some(url.to_string()));
        Found::new(value, origin.or(Some(Origin::Default)))
    }

    fn read(&self, text: &str, origin: &str) -> Result<ServiceUrl, Failure> {
        let url = if self.allow_plain_http { ServiceUrl::parse_allowing_http(text) } else { text.parse() };
        url.map_err(|error| {
            let failure = Failure::usage(format!("{origin} can not be used: {error}"));
            match error {
                InvalidServiceUrl::PlainHttp => {
                    failure.with_hint("If the way to the server is yours alone, say --allow-plain-http.")
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
        assert!(failure.starts_with("region of the profile test is wrong") && !failure.contains("hush"));
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
    fn plain_http_is_asked_for_by_name() {
        let failure = url(&["--service-url", "http://example.com"], &UNSET).unwrap_err();
        assert!(format!("{failure:?}").contains("--allow-plain-http"));
        assert!(url(&["--service-url", "http://example.com", "--allow-plain-http"], &UNSET).is_ok());
        assert!(url(&["--service-url", "http://127.0.0.1:8080"], &UNSET).is_ok());
    }

    #[test]
    fn a_wrong_url_is_not_quoted() {
        let failure = url(&["--service-url", "https://me:hush@example.com"], &UNSET).unwrap_err();
        assert!(!format!("{failure:?}").contains("hush"));
    }
}
