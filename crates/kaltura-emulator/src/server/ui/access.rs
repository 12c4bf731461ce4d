//! Who may use the page.
//!
//! Only a client on this machine, which names loopback in the header `Host`: that defeats DNS rebinding. A browser says
//! for what it sends a request (`Origin`, `Sec-Fetch-Site`): only requests of the page itself are answered, and never
//! with a header that lets another page read them. The token keeps other programs of this machine out.

use std::net::IpAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::{Request, StatusCode, Uri};

use super::super::guard::{ControlToken, Refusal, SEC_FETCH_SITE, is_authorized, is_loopback};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Checks a request for something of the server: it needs the token.
pub(super) fn check<T>(request: &Request<T>, client: IpAddr, token: &ControlToken) -> Result<(), Refusal> {
    check_client(request, client)?;
    if !is_of_the_page(request) {
        return Err(OTHER_PAGE);
    }
    if !is_authorized(request.headers(), token) {
        let message = "open the page with the address in the first line of the emulator's output";
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, message });
    }
    Ok(())
}

/// Checks a request for a static file. Links from anywhere may lead to the page; other pages cannot load its parts.
pub(super) fn check_file<T>(request: &Request<T>, client: IpAddr) -> Result<(), Refusal> {
    check_client(request, client)?;
    let is_navigation = request.headers().get(SEC_FETCH_MODE).is_some_and(|mode| mode == "navigate");
    if is_navigation || is_of_the_page(request) { Ok(()) } else { Err(OTHER_PAGE) }
}

const OTHER_PAGE: Refusal =
    Refusal { status: StatusCode::FORBIDDEN, message: "only the emulator's own page may request this" };

fn check_client<T>(request: &Request<T>, client: IpAddr) -> Result<(), Refusal> {
    let refuse = |message| Err(Refusal { status: StatusCode::FORBIDDEN, message });
    if !client.to_canonical().is_loopback() {
        return refuse("the page is served on this machine only");
    }
    if !is_loopback(request) {
        return refuse("the header Host must name loopback, such as localhost");
    }
    Ok(())
}

/// Whether the page itself sent the request, or something else than a page.
fn is_of_the_page<T>(request: &Request<T>) -> bool {
    let headers = request.headers();
    let site = headers.get(SEC_FETCH_SITE);
    let is_same_site = site.is_none_or(|site| site == "same-origin" || site == "none");
    let own = headers.get(HOST).and_then(|host| host.to_str().ok()).map(|host| format!("http://{host}"));
    let is_own_origin =
        headers.get(ORIGIN).is_none_or(|origin| own.is_some_and(|own| origin.as_bytes() == own.as_bytes()));
    is_same_site && is_own_origin
}

/// The target of a request: the host of an absolute URI wins over the header.
pub(super) fn host<T>(request: &Request<T>) -> Option<Uri> {
    if request.uri().host().is_some() {
        return Some(request.uri().clone());
    }
    request.headers().get(HOST)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const OWN: (&str, &str) = ("host", "127.0.0.1:8080");
    const TOKEN: (&str, &str) = ("authorization", "Bearer right");

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let request = Request::builder().uri("/_emulator/ui/state");
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
    }

    fn status(headers: &[(&str, &str)]) -> u16 {
        let checked = check(&request(headers), HERE, &ControlToken("right".to_owned()));
        checked.map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn the_page_and_programs_need_the_token() {
        for (headers, expected) in [
            (vec![OWN, TOKEN], 200),
            (vec![OWN, TOKEN, ("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8080")], 200),
            (vec![OWN, TOKEN, ("sec-fetch-site", "none")], 200),
            (vec![OWN], 401),
            (vec![OWN, ("authorization", "Bearer righ")], 401),
            (vec![OWN, ("authorization", "Bearer right2")], 401),
            (vec![OWN, ("authorization", "Basic right")], 401),
        ] {
            assert_eq!(status(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn other_pages_are_refused_even_with_the_token() {
        for (name, value) in [
            ("origin", "http://localhost:8080"),
            ("origin", "http://127.0.0.1:8081"),
            ("origin", "https://127.0.0.1:8080"),
            ("origin", "https://example.com"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(status(&[OWN, TOKEN, (name, value)]), 403, "{name}: {value}");
        }
    }

    #[test]
    fn another_host_or_machine_is_refused() {
        for host in ["example.com", "127.0.0.1.example.com", "10.0.0.1:8080", "0.0.0.0"] {
            assert_eq!(status(&[("host", host), TOKEN]), 403, "{host}");
        }
        assert_eq!(status(&[TOKEN]), 403);
        let other =
            check(&request(&[OWN, TOKEN]), IpAddr::from([10, 0, 0, 1]), &ControlToken("right".into()));
        assert_eq!(other.unwrap_err().status, StatusCode::FORBIDDEN);
    }

    #[test]
    fn a_link_leads_to_the_page_and_other_pages_cannot_load_its_parts() {
        let file = |headers: &[(&str, &str)]| check_file(&request(headers), HERE).is_ok();
        assert!(file(&[OWN]));
        assert!(file(&[OWN, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]));
        assert!(!file(&[OWN, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]));
        assert!(!file(&[("host", "example.com"), ("sec-fetch-mode", "navigate")]));
    }
}
