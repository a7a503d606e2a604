//! The page of one release on www.cms.gov: its name, its description, its archive.

use chrono::NaiveDate;

use super::release::Release;
use crate::parse::html::{Link, Page};
use crate::sources::cms::links;

/// What a release page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReleasePage {
    /// The releases that its heading and its field "File Name" name; one, unless CMS erred.
    names: Vec<Release>,
    /// Its field "Description"; empty where it has none.
    pub(super) description: String,
    /// Links to ZIP archives, absolute.
    archives: Vec<Link>,
}

impl ReleasePage {
    /// Reads a page; `address` is the one that answered, to which links are relative.
    ///
    /// # Errors
    /// When the page is no page of a release.
    pub(super) fn read(bytes: &[u8], address: &str) -> Result<Self, String> {
        let page = Page::parse(bytes).map_err(|cause| cause.to_string())?;
        let mut names: Vec<Release> = Vec::new();
        for selector in [
            ".field--name-field-dyna-file-name .field__item",
            "h1",
            "title",
        ] {
            for text in page.texts(selector) {
                names.extend(Release::find(&text).filter(|name| !names.contains(name)));
            }
        }
        if names.is_empty() {
            let title = page.title().unwrap_or_default();
            let title: String = title.chars().take(80).collect();
            return Err(format!(
                "its heading names no release such as RVU20B (title '{title}')"
            ));
        }
        let description = page
            .texts(".field--name-field-dyna-description .field__item")
            .into_iter()
            .next()
            .unwrap_or_default();
        let archives = links::downloads(&page, address);
        Ok(Self {
            names,
            description,
            archives,
        })
    }

    /// Whether it is the page of this release.
    pub(super) fn is_of(&self, release: &Release) -> bool {
        self.names.contains(release)
    }

    /// The names on it, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.names.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    /// The archive of this release: the one that is named so, the latest if there are several; or
    /// the only one, if it is not named at all.
    pub(super) fn archive(&self, release: &Release) -> Option<&Link> {
        let named = |link: &Link| Release::find(&link.href).or_else(|| Release::find(&link.text));
        let mut best: Option<(&Link, Option<NaiveDate>)> = None;
        for link in &self.archives {
            if named(link).as_ref() != Some(release) {
                continue;
            }
            let posted = posted(link, release);
            if best.is_none_or(|(_, earlier)| posted > earlier) {
                best = Some((link, posted));
            }
        }
        if let Some((link, _)) = best {
            return Some(link);
        }
        match &self.archives[..] {
            [only] if named(only).is_none() => Some(only),
            _ => None,
        }
    }

    /// The day on which CMS posted the archive, by its link.
    pub(super) fn posted(&self, release: &Release) -> Option<NaiveDate> {
        posted(self.archive(release)?, release)
    }
}

fn posted(link: &Link, release: &Release) -> Option<NaiveDate> {
    let in_text = release.posted_by_text(&link.text);
    in_text.max(release.posted_by_address(&link.href))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://www.cms.gov/medicare/rvu24ar";

    fn release(name: &str) -> Release {
        Release::find(name).unwrap()
    }

    fn read(downloads: &str) -> ReleasePage {
        let page = format!(
            "<title>RVU24AR | CMS</title><main><h1 class=page-title>RVU24AR</h1>\
             <div class='field field--name-field-dyna-description'><div class=field__label>Description</div>\
             <div class=field__item>Medicare Physician Fee Schedule rates effective March 9, 2024.</div></div>{downloads}</main>"
        );
        ReleasePage::read(page.as_bytes(), BASE).unwrap()
    }

    #[test]
    fn name_description_and_archive_are_read() {
        let page = read(
            "<div class=field--name-field-downloads><a href='/files/zip/rvu24ar-posted-04/01/2024.zip'>RVU24AR - Posted 04/01/2024</a></div>",
        );
        assert!(page.is_of(&release("RVU24AR")));
        assert!(!page.is_of(&release("RVU24A")));
        assert_eq!(
            release("RVU24AR").begins_by(&page.description),
            NaiveDate::from_ymd_opt(2024, 3, 9)
        );
        assert_eq!(
            page.archive(&release("RVU24AR")).map(|link| &link.href[..]),
            Some("https://www.cms.gov/files/zip/rvu24ar-posted-04/01/2024.zip")
        );
        assert_eq!(
            page.posted(&release("RVU24AR")),
            NaiveDate::from_ymd_opt(2024, 4, 1)
        );
    }

    #[test]
    fn the_latest_archive_of_that_name_is_taken() {
        let page = read(
            "<a href=/files/zip/rvu24ar.zip>old</a><a href=/files/zip/rvu24ar-updated-04012024.zip>x</a>\
             <a href=/files/zip/rvu24a-updated-05012024.zip>other release</a><a href=/files/rvu24ar.pdf>no</a>",
        );
        assert_eq!(
            page.archive(&release("RVU24AR")).map(|link| &link.href[..]),
            Some("https://www.cms.gov/files/zip/rvu24ar-updated-04012024.zip")
        );
    }

    #[test]
    fn a_licence_page_is_passed_and_other_hosts_are_not_followed() {
        let page = read("<a href='/license/ama?file=/files/zip/rvu24ar.zip'>RVU24AR</a>");
        assert_eq!(
            page.archive(&release("RVU24AR")).map(|link| &link.href[..]),
            Some("https://www.cms.gov/files/zip/rvu24ar.zip")
        );
        for href in [
            "https://example.org/rvu24ar.zip",
            "ftp://www.cms.gov/rvu24ar.zip",
            "https://cms.gov.example.org/rvu24ar.zip",
        ] {
            let page = read(&format!("<a href='{href}'>RVU24AR</a>"));
            assert_eq!(page.archive(&release("RVU24AR")), None, "{href}");
        }
    }

    #[test]
    fn a_page_of_something_else_is_refused() {
        assert!(ReleasePage::read(b"<title>Access Denied</title>", BASE).is_err());
        assert!(ReleasePage::read(b"", BASE).is_err());
    }
}
