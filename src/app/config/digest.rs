//! A name for what is watched, so that a reading can say for which watch it was made.

use std::fmt::{Display, Write};

use sha2::{Digest, Sha256};

use crate::model::watch::{Codes, Watch};

/// A short stable text that differs whenever what is kept of a document differs: stored documents are
/// then read again. The order in which things are configured does not matter.
pub fn watch_digest(watch: &Watch) -> String {
    let codes = match &watch.codes {
        Codes::All => "all".to_owned(),
        Codes::Named(services) => list(services),
    };
    let ncds = watch.ncds.values().map(|ncd| {
        let codes = list(&ncd.codes);
        format!("{} {:?} {codes}", ncd.id, ncd.section)
    });
    let canonical = format!(
        "codes {codes}\nlook_alikes {}\nbilled_with {}\nwords {:?}\nlocalities {}\nncds {}\n",
        list(&watch.look_alikes),
        list(&watch.billed_with),
        watch.words,
        list(&watch.localities),
        list(ncds),
    );
    let digest = Sha256::digest(canonical.as_bytes());
    digest
        .iter()
        .take(12)
        .fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    items
        .into_iter()
        .map(|item| item.to_string())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(codes: &[&str], words: &[&str]) -> Watch {
        Watch {
            codes: Codes::Named(codes.iter().map(|code| code.parse().unwrap()).collect()),
            look_alikes: [].into(),
            words: words.iter().map(|&word| word.to_owned()).collect(),
            billed_with: [].into(),
            localities: [].into(),
            ncds: [].into(),
        }
    }

    #[test]
    fn the_digest_depends_on_what_is_watched_and_not_on_its_order() {
        let two = watch_digest(&watch(&["20560", "20561"], &[]));
        assert_eq!(two.len(), 24);
        assert_eq!(two, watch_digest(&watch(&["20561", "20560"], &[])));
        assert_ne!(two, watch_digest(&watch(&["20560"], &[])));
        assert_ne!(two, watch_digest(&watch(&["20560", "20561"], &["needle"])));
    }

    #[test]
    fn words_with_separators_in_them_are_told_apart() {
        assert_ne!(
            watch_digest(&watch(&[], &["a\", \"b"])),
            watch_digest(&watch(&[], &["a", "b"]))
        );
    }
}
