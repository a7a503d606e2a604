//! Which `ETag` and `Last-Modified` deserve to be sent back.
//!
//! Some servers of CMS put the moment of the request into both. Sent back, such a pair is at best
//! useless; at worst the server compares dates and confirms a page that has changed. A conditional
//! request saves bytes and never decides anything, so in doubt none is made.

use chrono::{DateTime, Utc};

use super::guard::covers;
use super::retry::http_date;
use crate::model::document::Validators;

/// How far a date may lie from the answer's own to count as the moment of the request, in seconds.
const SAME_MOMENT: i64 = 2;

/// Of the validators in `headers` (as served by `host` at `at`), those that may be sent back.
///
/// `Last-Modified` is kept only for a host in `trusted` (with its subdomains), and not when it is the
/// time of the answer or later: such a file may change again within the second. An `ETag` is dropped
/// when it is nothing but the Unix second of the answer, or of a `Last-Modified` that was dropped.
pub fn sound_validators(
    host: &str,
    headers: &[(String, String)],
    at: DateTime<Utc>,
    trusted: &[String],
) -> Validators {
    let header = |name: &str| {
        let mut found = headers.iter().filter(|(key, _)| key == name);
        let first = found.next().map(|(_, value)| value.clone());
        // Two different validators: nobody knows which one the server will compare.
        first.filter(|first| found.all(|(_, value)| value == first))
    };
    let answered = header("date").and_then(|text| http_date(&text));
    let moments = [Some(at), answered];
    let is_now = |second: i64| {
        moments
            .iter()
            .flatten()
            .any(|moment| (moment.timestamp() - second).abs() <= SAME_MOMENT)
    };
    let served = header("last-modified");
    let modified = served
        .as_deref()
        .and_then(http_date)
        .map(|at| at.timestamp());
    let later = answered.unwrap_or(at).timestamp();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let trusted = trusted.iter().any(|allowed| covers(allowed, &host));
    let keep = trusted && modified.is_some_and(|second| !is_now(second) && second < later);
    let etag = header("etag").filter(|etag| {
        let Some(second) = bare_second(etag) else {
            return !opaque(etag).is_empty();
        };
        !is_now(second) && (keep || modified != Some(second))
    });
    Validators {
        etag,
        last_modified: served.filter(|_| keep),
    }
}

/// The text of an `ETag` without its marks.
fn opaque(etag: &str) -> &str {
    etag.trim().trim_start_matches("W/").trim_matches('"')
}

/// The Unix second that an `ETag` consists of, if it is nothing else.
fn bare_second(etag: &str) -> Option<i64> {
    let digits = opaque(etag);
    let plausible = (9..=11).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plausible)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_759_261_353; // Tue, 30 Sep 2025 19:42:33 GMT

    fn check(host: &str, headers: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let trusted = ["downloads.cms.gov".to_owned()];
        let at = DateTime::from_timestamp(AT, 0).unwrap();
        let kept = sound_validators(host, &headers, at, &trusted);
        (kept.etag, kept.last_modified)
    }

    #[test]
    fn validators_that_are_the_moment_of_the_request_are_dropped() {
        let lying = [
            ("last-modified", "Tue, 30 Sep 2025 19:42:33 GMT"),
            ("etag", "\"1759261353\""),
        ];
        assert_eq!(check("www.cms.gov", &lying), (None, None));
        assert_eq!(check("downloads.cms.gov", &lying), (None, None));
        let by_date = [
            ("date", "Tue, 30 Sep 2025 18:00:01 GMT"),
            ("last-modified", "Tue, 30 Sep 2025 18:00:00 GMT"),
            ("etag", "W/\"1759255200\""),
        ];
        assert_eq!(check("downloads.cms.gov", &by_date), (None, None));
    }

    #[test]
    fn a_trusted_hosts_own_date_is_kept_and_anothers_is_not() {
        let date = "Mon, 01 Sep 2025 02:00:00 GMT";
        let headers = [("last-modified", date), ("etag", "\"5f-abc\"")];
        let etag = Some("\"5f-abc\"".to_owned());
        assert_eq!(
            check("Downloads.CMS.gov", &headers),
            (etag.clone(), Some(date.to_owned()))
        );
        assert_eq!(check("www.cms.gov", &headers), (etag, None));
        assert_eq!(check("downloads.cms.gov.evil.example", &headers).1, None);
    }

    #[test]
    fn an_etag_that_repeats_a_date_nobody_trusts_is_dropped() {
        let headers = [
            ("last-modified", "Mon, 01 Sep 2025 02:00:00 GMT"),
            ("etag", "\"1756692000\""),
        ];
        assert_eq!(check("www.cms.gov", &headers), (None, None));
        assert_eq!(
            check("downloads.cms.gov", &headers).0.as_deref(),
            Some("\"1756692000\"")
        );
    }

    #[test]
    fn a_date_in_the_future_an_unreadable_one_and_contradicting_ones_are_dropped() {
        let future = [("last-modified", "Tue, 30 Sep 2026 19:42:33 GMT")];
        assert_eq!(check("downloads.cms.gov", &future).1, None);
        let unreadable = [("last-modified", "yesterday")];
        assert_eq!(check("downloads.cms.gov", &unreadable).1, None);
        assert_eq!(
            check("downloads.cms.gov", &[("etag", "\"a\""), ("etag", "\"b\"")]).0,
            None
        );
        assert_eq!(check("downloads.cms.gov", &[("etag", "\"\"")]).0, None);
    }
}
