//! Links on pages of CMS: which are followed, and where those through the licence page lead.

use url::Url;

use crate::parse::html::{Link, Page};
use crate::parse::link;

/// Whose addresses are followed.
const CMS: &str = "cms.gov";

/// Resolves a link; only addresses of CMS are followed, and only by https.
pub fn join(base: &str, href: &str) -> Option<Url> {
    link::resolve(base, href, CMS)
}

/// The absolute address of an archive. A link through the page on which people accept the terms of the
/// AMA (`/license/ama?file=/files/zip/...`, `/apps/ama/license.asp?file=...`) names the file itself, which
/// CMS serves to everyone.
pub fn archive_address(base: &str, href: &str) -> Option<String> {
    let mut url = link::file(base, href, CMS, &[".zip"])?;
    if url.query() == Some("agree=yes") {
        url.set_query(None);
    }
    // Some of them are written with a doubled slash.
    let path = url.path().replace("//", "/");
    url.set_path(&path);
    Some(url.into())
}

/// The links to ZIP archives in what the CSS selector finds, with absolute addresses.
pub fn archives(page: &Page, scope: &str, address: &str) -> Vec<Link> {
    page.links(scope)
        .into_iter()
        .filter_map(|link| {
            let href = archive_address(address, &link.href)?;
            Some(Link { href, ..link })
        })
        .collect()
}

/// The links to ZIP archives where a page has its downloads: in their field, else in its main part,
/// else anywhere.
pub fn downloads(page: &Page, address: &str) -> Vec<Link> {
    [".field--name-field-downloads", "main", "body"]
        .into_iter()
        .map(|scope| archives(page, scope, address))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// Whether a link on a list leads to a further page of the same list: `?page=3`, or `?page=0,3` where the
/// page has two pagers. The first page is at hand.
pub fn leads_further(list: &str, href: &str) -> Option<Url> {
    let (url, list) = (join(list, href)?, Url::parse(list).ok()?);
    let further = url.path() == list.path()
        && url.query_pairs().any(|(name, number)| {
            name == "page"
                && number.bytes().all(|b| b.is_ascii_digit() || b == b',')
                && number.bytes().any(|b| (b'1'..=b'9').contains(&b))
        });
    further.then_some(url)
}

/// The name of the file in an address, as it is written there. The date with which CMS ends some names has
/// slashes: `/files/zip/rvu25d-updated-09/11/2025.zip` is one file.
pub fn file_name(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let segments: Vec<&str> = path.rsplitn(4, '/').collect();
    let [year, day, month, ..] = segments.as_slice() else {
        return segments.first().copied().unwrap_or(path);
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let is_day = (1..=2).contains(&day.len()) && digits(day) == day.len();
    let has_month = month.ends_with(|c: char| c.is_ascii_digit());
    let has_year = [2, 4].contains(&digits(year));
    if is_day && has_month && has_year {
        let length = month.len() + day.len() + year.len() + 2;
        path.get(path.len() - length..).unwrap_or(year)
    } else {
        year
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://www.cms.gov/medicare/list";

    #[test]
    fn the_licence_page_names_the_file() {
        let file = Some("https://www.cms.gov/files/zip/a.zip");
        for href in [
            "/files/zip/a.zip",
            "/license/ama?file=/files/zip/a.zip",
            "/license/ama?file=%2Ffiles%2Fzip%2Fa.zip",
            "/license/ama?file=/files/zip//a.zip",
            "/apps/ama/license.asp?file=/files/zip/a.zip",
            "http://www.cms.gov/files/zip/a.zip#x",
            "https://www.cms.gov/files/zip/a.zip?agree=yes",
        ] {
            assert_eq!(archive_address(BASE, href).as_deref(), file, "{href}");
        }
        for href in [
            "/license/ama?file=https://example.org/a.zip",
            "https://cms.gov.example.org/a.zip",
            "ftp://www.cms.gov/a.zip",
            "/license/ama",
            "/files/a.pdf",
            "javascript:x",
        ] {
            assert_eq!(archive_address(BASE, href), None, "{href}");
        }
    }

    #[test]
    fn further_pages_are_those_of_the_same_list() {
        let leads = |href| leads_further(BASE, href).map(String::from);
        assert_eq!(
            leads("?page=2").as_deref(),
            Some("https://www.cms.gov/medicare/list?page=2")
        );
        assert!(leads("?page=0,3").is_some());
        assert_eq!(leads("?page=0"), None);
        assert_eq!(leads("/other?page=2"), None);
        assert_eq!(leads("?page=a"), None);
        assert_eq!(file_name("https://www.cms.gov/a/b.zip?c=/d"), "b.zip");
    }

    #[test]
    fn a_date_with_slashes_belongs_to_the_name() {
        for (address, name) in [
            (
                "https://www.cms.gov/files/zip/april-updated-05/04/2020.zip#x",
                "april-updated-05/04/2020.zip",
            ),
            ("/files/zip/a-5/4/20.zip?b", "a-5/4/20.zip"),
            ("/files/zip/a-05/04/2020-0.zip", "a-05/04/2020-0.zip"),
            ("/files/2020/04/rvu20b.zip", "rvu20b.zip"),
            ("/files/2020/04/2020.zip", "2020/04/2020.zip"),
            ("/files/zip/2020.zip", "2020.zip"),
            ("a.zip", "a.zip"),
            ("", ""),
        ] {
            assert_eq!(file_name(address), name, "{address}");
        }
    }
}
