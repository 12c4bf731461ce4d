//! Where the API is, and how to reach it.

use std::time::Duration;

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_http::{ReqwestTransport, ReqwestTransportBuilder};

use super::ServerAddressOptions;
use crate::duration::parse_limit;
use crate::failure::Failure;
use crate::settings::{Found, Settings};
use crate::transport::ToldTransport;

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
    pub(crate) fn transport(&self) -> Result<ToldTransport, Failure> {
        let connect = ReqwestTransportBuilder::DEFAULT_CONNECT_TIMEOUT.min(self.timeout);
        let http = ReqwestTransport::builder().connect_timeout(connect).timeout(None).build()?;
        Ok(ToldTransport::over(http))
    }
}
