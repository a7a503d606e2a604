//! The documents behind a change: hash, archived file, captures, and how to verify them.

use std::path::{Path, PathBuf};

use super::Context;
use super::program::quoted;
use crate::app::exit::Failure;
use crate::app::wiring;
use crate::io::blobs::{Blobs, Kept};
use crate::io::store::{Reader, StoredChange};
use crate::model::document::{Capture, DocumentHash};
use crate::model::fact::{Fact, Origin};
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table};

/// Captures that people see of one document: the first, and the last of those after it.
const CAPTURES: usize = 3;

/// What the archive holds of the documents that are shown.
pub(super) struct Evidence<'a> {
    reader: &'a Reader,
    blobs: Blobs,
    /// How the document that was shown last is verified.
    shown: Option<String>,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(reader: &'a Reader, context: &Context) -> Result<Self, Failure> {
        Ok(Self {
            reader,
            blobs: wiring::open_blobs(&context.config)?,
            shown: None,
        })
    }

    /// A document with its captures, for people.
    pub(super) fn document(&mut self, page: &mut Page, origin: &Origin) -> Result<(), Failure> {
        page.pair(2, "address", &origin.url);
        page.pair(2, "SHA-256", &origin.document.to_string());
        let file = self.file(&origin.document);
        if let Ok(kept) = self.blobs.kept(&origin.document) {
            page.pair(2, "file", &file.display().to_string());
            self.shown = Some(self.verified_by(&kept));
        } else {
            page.pair(
                2,
                "file",
                &format!("{} is missing: `coverd db check` says more", file.display()),
            );
        }
        let captures = self.reader.captures_of(&origin.document)?;
        let left_out = captures.len().saturating_sub(CAPTURES);
        for (index, capture) in captures.iter().enumerate() {
            if index == 0 || index > left_out {
                page.pair(2, "captured", &words(capture));
            } else if index == 1 {
                page.pair(2, "", &format!("and {left_out} more times"));
            }
        }
        Ok(())
    }

    /// The command that proves the archive, for the last file that was shown.
    pub(super) fn how_to_verify(&self, page: &mut Page) {
        let Some(command) = &self.shown else { return };
        page.gap();
        page.prose(
            0,
            "The documents are kept as CMS sent them, compressed. To verify one without coverd:",
        );
        page.verbatim(2, &format!("{command} | sha256sum"));
    }

    /// The command that unpacks a document.
    fn verified_by(&self, kept: &Kept) -> String {
        let name = |path: &Path| quoted(&plain(path).display().to_string());
        match kept {
            Kept::Alone(path) => format!("zstd -d < {}", name(path)),
            Kept::Among(path, offset, length) => format!(
                "zstd -d < {} | tail -c +{} | head -c {length}",
                name(path),
                u64::from(*offset) + 1
            ),
            Kept::Against(path, base) => {
                let base = match self.blobs.kept(base) {
                    Ok(base) => self.verified_by(&base),
                    Err(_) => format!("zstd -d < {}", name(&self.blobs.path(base))),
                };
                // Its dictionary is a file of its own, for the tool reads its own input only once.
                format!(
                    "{base} > like && tail -c +37 {} | zstd -d -D like",
                    name(path)
                )
            }
        }
    }

    /// The archived file.
    fn file(&self, document: &DocumentHash) -> PathBuf {
        match self.blobs.kept(document) {
            Ok(Kept::Alone(path) | Kept::Against(path, _) | Kept::Among(path, ..)) => plain(&path),
            Err(_) => plain(&self.blobs.path(document)),
        }
    }
}

/// Without the detours of a configured path (`./`).
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

fn words(capture: &Capture) -> String {
    let at = capture.at.format("%Y-%m-%d %H:%M:%S UTC");
    if capture.final_url == capture.url {
        format!("{at}, status {}, from {}", capture.status, capture.url)
    } else {
        format!(
            "{at}, status {}, from {} (asked for {})",
            capture.status, capture.final_url, capture.url
        )
    }
}

/// Two rows for each change, with everything, for programs.
pub(super) fn table(changes: &[StoredChange], evidence: &Evidence<'_>) -> Result<Table, Failure> {
    let keys = [
        "change",
        "alert",
        "severity",
        "subject",
        "attribute",
        "from",
        "until",
        "side",
        "value",
        "edition",
        "published",
        "locator",
        "row",
        "url",
        "document",
        "file",
        "captured",
        "captures",
    ];
    let mut table = Table::new(keys.map(|key| Column::left(key, key)));
    for stored in changes {
        let change = &stored.judged.change;
        for (side, seen, fact) in [
            ("before", &change.was, change.before.as_deref()),
            ("after", &change.now, change.after.as_deref()),
        ] {
            let mut cells = vec![
                Cell::text(&stored.id),
                Cell::maybe(stored.alert.as_ref()),
                Cell::text(stored.judged.severity.id()),
                Cell::text(change.key.topic.to_string()),
                Cell::text(change.key.attribute.id()),
                Cell::text(change.days.from.to_string()),
                Cell::maybe(change.days.until),
                Cell::text(side),
                Cell::maybe(seen.as_ref()),
            ];
            if let Some(fact) = fact {
                cells.extend(proof(fact, evidence)?);
            }
            table.push(cells);
        }
    }
    Ok(table)
}

fn proof(fact: &Fact, evidence: &Evidence<'_>) -> Result<[Cell; 9], Failure> {
    let origin = &fact.origin;
    let captures = evidence.reader.captures_of(&origin.document)?;
    Ok([
        Cell::text(&origin.edition.name),
        Cell::text(origin.published.to_string()),
        Cell::text(&fact.statement.locator),
        Cell::text(&fact.statement.quote),
        Cell::text(&origin.url),
        Cell::text(origin.document.to_string()),
        Cell::text(evidence.file(&origin.document).display().to_string()),
        Cell::text(origin.learned.to_rfc3339()),
        Cell::list(captures.iter().map(words)),
    ])
}
