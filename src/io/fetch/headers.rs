//! Headers: what is sent, and what of an answer is kept.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use url::Url;

use crate::model::document::Validators;
use crate::model::request::Expect;

/// Most headers that are kept.
const MAX_HEADERS: usize = 64;
/// A longer header is left out, for half a value would be a false one.
const MAX_HEADER_BYTES: usize = 4096;

/// The headers as they are kept: lower-case names, bounded, cookies without their values.
pub(super) fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let whole = headers
        .iter()
        .filter(|(_, value)| value.len() <= MAX_HEADER_BYTES);
    whole
        .take(MAX_HEADERS)
        .filter_map(|(name, value)| {
            let name = name.as_str();
            let value = if matches!(name, "set-cookie" | "set-cookie2") {
                String::new()
            } else if matches!(name, "etag" | "last-modified") {
                // They go back byte for byte or not at all.
                std::str::from_utf8(value.as_bytes()).ok()?.to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            Some((name.to_owned(), value))
        })
        .collect()
}

/// The conditional headers of a hop. After a redirect only the `ETag` goes along: a date says nothing
/// about another document than the one it came with, which may be older and yet different.
pub(super) fn conditions(known: &Validators, hop: usize) -> HeaderMap {
    let date = known.last_modified.as_ref().filter(|_| hop == 0);
    let pairs: [(HeaderName, Option<&String>); 2] = [
        (IF_NONE_MATCH, known.etag.as_ref()),
        (IF_MODIFIED_SINCE, date),
    ];
    pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(value?.as_bytes()).ok()?)))
        .collect()
}

pub(super) fn accept(expect: Expect) -> &'static str {
    match expect {
        Expect::Zip => "application/zip,application/octet-stream;q=0.9,*/*;q=0.5",
        Expect::Html => "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
        Expect::Json => "application/json,*/*;q=0.5",
        Expect::Xml => "application/xml,text/xml;q=0.9,*/*;q=0.5",
        Expect::Xlsx => {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,application/octet-stream;q=0.9,*/*;q=0.5"
        }
        Expect::Pdf => "application/pdf,application/octet-stream;q=0.9,*/*;q=0.5",
        Expect::Text => "text/plain,text/csv,*/*;q=0.5",
    }
}

/// Host and port as the `Host` header names them.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_kept_whole_or_not_at_all_and_cookies_lose_their_values() {
        let mut headers = HeaderMap::new();
        headers.insert("ETag", HeaderValue::from_static("\"x\""));
        headers.append("Set-Cookie", HeaderValue::from_static("session=secret"));
        headers.insert(
            "X-Long",
            HeaderValue::from_str(&"a".repeat(MAX_HEADER_BYTES + 1)).unwrap(),
        );
        headers.insert("X-Odd", HeaderValue::from_bytes(b"a\xff").unwrap());
        headers.insert("Last-Modified", HeaderValue::from_bytes(b"a\xff").unwrap());
        let kept = kept_headers(&headers);
        assert!(kept.contains(&("etag".into(), "\"x\"".into())));
        assert!(kept.contains(&("set-cookie".into(), String::new())));
        assert!(kept.contains(&("x-odd".into(), "a\u{fffd}".into())));
        assert!(
            !kept
                .iter()
                .any(|(name, _)| name == "x-long" || name == "last-modified")
        );
    }

    #[test]
    fn a_date_is_not_sent_to_the_address_of_a_redirect() {
        let known = Validators {
            etag: Some("W/\"a\"".into()),
            last_modified: Some("Mon, 01 Sep 2025 02:00:00 GMT".into()),
        };
        let first = conditions(&known, 0);
        assert_eq!(first.get(IF_NONE_MATCH).unwrap(), "W/\"a\"");
        assert_eq!(
            first.get(IF_MODIFIED_SINCE).unwrap(),
            "Mon, 01 Sep 2025 02:00:00 GMT"
        );
        let second = conditions(&known, 1);
        assert!(second.contains_key(IF_NONE_MATCH));
        assert!(!second.contains_key(IF_MODIFIED_SINCE));
    }

    #[test]
    fn the_number_of_headers_is_bounded() {
        let headers: HeaderMap = (0..500)
            .map(|n| {
                let name = HeaderName::from_bytes(format!("x-{n}").as_bytes()).unwrap();
                (name, HeaderValue::from_static("v"))
            })
            .collect();
        assert_eq!(kept_headers(&headers).len(), MAX_HEADERS);
    }
}
