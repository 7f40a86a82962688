//! What an HTTP status other than success says, and what its headers add.

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use http::{StatusCode, Uri};

/// What to do about a status, in English. WeChat itself answers errors with 200, so that most of it is about proxies.
pub(crate) fn remedy(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => {
            "redirects are not followed, since they would carry the token along: give the address that answers as \
             `base_url`, or look for a proxy or a login page on the way"
        }
        407 => "give the proxy's user and password in its URL: http://user:password@host:port",
        408 | 425 | 429 | 503 => {
            "a proxy, a gateway or WeChat can not take the call now: try again after a while, and call less often"
        }
        412 => {
            "WeChat's gateway answers so to a body without a Content-Length: look for a proxy on the way that sends \
             bodies on in chunks (Transfer-Encoding), and switch that off"
        }
        413 | 414 | 431 => "the request is larger than a proxy, a gateway or WeChat allows: make it smaller",
        _ => "a proxy or gateway may have answered in WeChat's place; if not, try again later",
    }
}

/// Whether another try may be answered otherwise without any change.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// How long `Retry-After` says to wait, be it in seconds or as a date. A date counts from the answer's own `Date`, if
/// there is one, so that a wrong clock on this side does no harm. A date that has passed is no wait.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let wanted = text(RETRY_AFTER)?;
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(wanted).ok()?;
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(SystemTime::now);
    Some(then.duration_since(now).unwrap_or_default())
}

/// Where a redirect points, in words: scheme and host only, since the rest may hold the token.
pub(crate) fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    if !status.is_redirection() {
        return None;
    }
    let location: Uri = headers.get(LOCATION)?.as_bytes().try_into().ok()?;
    Some(match (location.scheme_str(), location.host()) {
        (scheme, Some(host)) => format!("a redirect to {}://{host}", scheme.unwrap_or("https")),
        _ => "a redirect to another path of the same host".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = [(HeaderName, &'static str)];

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date() {
        const DAY: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
        let cases: [(&Pairs, Option<u64>); 8] = [
            (&[(RETRY_AFTER, "120")], Some(120)),
            (&[(RETRY_AFTER, " 0 ")], Some(0)),
            (&[(RETRY_AFTER, DAY), (DATE, "Wed, 21 Oct 2015 07:27:30 GMT")], Some(30)),
            (&[(RETRY_AFTER, DAY), (DATE, "Wed, 21 Oct 2015 07:29:00 GMT")], Some(0)),
            (&[(RETRY_AFTER, DAY)], Some(0)),
            (&[(RETRY_AFTER, "-1")], None),
            (&[(RETRY_AFTER, "soon")], None),
            (&[(DATE, DAY)], None),
        ];
        for (pairs, seconds) in cases {
            assert_eq!(retry_after(&headers(pairs)), seconds.map(Duration::from_secs), "{pairs:?}");
        }
    }

    #[test]
    fn a_redirect_is_told_without_what_may_be_secret() {
        let cases = [
            ("https://user:secret@example.com:8443/secret?access_token=secret", "a redirect to https://example.com"),
            ("http://example.com", "a redirect to http://example.com"),
            ("/login?back=secret", "a redirect to another path of the same host"),
        ];
        for (location, told) in cases {
            let headers = headers(&[(LOCATION, location)]);
            assert_eq!(redirect(StatusCode::FOUND, &headers).as_deref(), Some(told));
            assert_eq!(redirect(StatusCode::OK, &headers), None, "no redirect");
        }
        assert_eq!(redirect(StatusCode::FOUND, &HeaderMap::new()), None);
    }

    #[test]
    fn each_status_has_its_own_remedy() {
        for (status, word) in [
            (StatusCode::FOUND, "redirects"),
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, "password"),
            (StatusCode::PRECONDITION_FAILED, "Content-Length"),
            (StatusCode::PAYLOAD_TOO_LARGE, "smaller"),
            (StatusCode::TOO_MANY_REQUESTS, "less often"),
            (StatusCode::BAD_GATEWAY, "gateway"),
        ] {
            assert!(remedy(status).contains(word), "{status}");
        }
        assert!(is_passing(StatusCode::TOO_MANY_REQUESTS) && is_passing(StatusCode::BAD_GATEWAY));
        assert!(!is_passing(StatusCode::NOT_FOUND) && !is_passing(StatusCode::FOUND));
    }
}
