//! DNS: whether this machine finds the address of the server.

use std::net::SocketAddr;
use std::time::Duration;

use kaltura_auth::ServiceUrl;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::check::{Finding, Outcome};
use super::way::Way;
use crate::error::ExitCode;
use crate::output::Ui;

/// Looks the host up.
pub(super) async fn look(ui: &Ui, url: &ServiceUrl, limit: Duration) -> Outcome<Way> {
    let way = Way::to(url);
    let Way { host, port, proxy, .. } = &way;
    if way.address().is_some() {
        return Outcome::found(Finding::ok(format!("{host} is an address, which needs no look-up")), way);
    }
    let _waiting = ui.waiting_for(&format!("looking up {host}"));
    let looked_up = timeout(limit, lookup_host((host.as_str(), *port))).await;
    let looked_up = looked_up.map(|found| found.map(counted));
    let why = match looked_up {
        Ok(Ok(addresses)) => {
            return Outcome::found(Finding::ok(format!("{host} has {addresses}")), way);
        }
        Ok(Err(error)) => format!("{host} is not found: {error}"),
        Err(_) => format!("the look-up of {host} took longer than {} s", limit.as_secs()),
    };
    if let Some(proxy) = proxy {
        // Many networks let nobody but the proxy look names up.
        let message = format!("{why}; that does no harm, since the proxy {proxy} looks it up");
        return Outcome::found(Finding::skipped(message), way);
    }
    Outcome::nothing(Finding::failed(
        ExitCode::Network,
        why,
        "Look for a typing mistake in the service URL, and whether this machine finds other names. If only a \
         proxy gets out of this network, set HTTPS_PROXY.",
    ))
}

/// `3 addresses: 2 of IPv4, 1 of IPv6`.
fn counted(addresses: impl Iterator<Item = SocketAddr>) -> String {
    let (v4, v6): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses.partition(SocketAddr::is_ipv4);
    let families: Vec<String> = [(v4.len(), "IPv4"), (v6.len(), "IPv6")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, family)| format!("{count} of {family}"))
        .collect();
    let all = v4.len() + v6.len();
    format!("{all} {}: {}", if all == 1 { "address" } else { "addresses" }, families.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_by_their_families() {
        let count = |texts: &[&str]| counted(texts.iter().map(|text| text.parse().unwrap()));
        assert_eq!(count(&["10.0.0.1:1"]), "1 address: 1 of IPv4");
        assert_eq!(count(&["10.0.0.1:1", "[::2]:1", "10.0.0.2:1"]), "3 addresses: 2 of IPv4, 1 of IPv6");
    }
}
