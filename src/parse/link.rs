//! Where the links of a page lead: absolute addresses of one domain, by https only.

use url::Url;

/// Resolves a link; only addresses of the domain and its subdomains are given, and only by https.
pub fn resolve(base: &str, href: &str, domain: &str) -> Option<Url> {
    let mut url = Url::parse(base).ok()?.join(href.trim()).ok()?;
    let host = url.host_str()?;
    let within = host.strip_suffix(domain)?;
    if !within.is_empty() && !within.ends_with('.') {
        return None;
    }
    if url.scheme() == "http" {
        url.set_scheme("https").ok()?;
    }
    if url.scheme() != "https" {
        return None;
    }
    url.set_fragment(None);
    Some(url)
}

/// The file that a link leads to: its own address, or, where it leads to a page that wants a licence
/// to be accepted first, the address in its parameter `file`. `None` when the name of neither ends in
/// one of these (lower case, with the dot).
pub fn file(base: &str, href: &str, domain: &str, endings: &[&str]) -> Option<Url> {
    let ends = |url: &Url| {
        let path = url.path().to_ascii_lowercase();
        endings.iter().any(|ending| path.ends_with(ending))
    };
    let url = resolve(base, href, domain)?;
    if ends(&url) {
        return Some(url);
    }
    let (_, inner) = url.query_pairs().find(|(name, _)| name == "file")?;
    resolve(base, &inner, domain).filter(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://www.cms.gov/medicare/page";

    fn found(href: &str) -> Option<String> {
        file(BASE, href, "cms.gov", &[".zip", ".xlsx"]).map(String::from)
    }

    #[test]
    fn files_are_found_behind_the_licence_page_too() {
        let zip = Some("https://www.cms.gov/files/zip/a.zip".to_owned());
        for href in [
            "/files/zip/a.zip",
            "http://www.cms.gov/files/zip/a.zip#top",
            "/license/ama?file=/files/zip/a.zip",
            "/apps/ama/license.asp?file=https%3A%2F%2Fwww.cms.gov%2Ffiles%2Fzip%2Fa.zip",
        ] {
            assert_eq!(found(href), zip, "{href}");
        }
    }

    #[test]
    fn other_hosts_and_kinds_are_not_followed() {
        for href in [
            "https://example.org/a.zip",
            "https://notcms.gov/a.zip",
            "https://cms.gov.example.org/a.zip",
            "ftp://www.cms.gov/a.zip",
            "/license/ama?file=https://example.org/a.zip",
            "/files/a.pdf",
            "mailto:a@cms.gov",
        ] {
            assert_eq!(found(href), None, "{href}");
        }
        assert!(resolve(BASE, "https://cms.gov/x", "cms.gov").is_some());
        assert!(resolve(BASE, "x", "cms.gov").is_some());
    }
}
