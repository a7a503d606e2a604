//! Which pairs of codes are kept.

use std::collections::BTreeSet;

use super::edit_row::Code;
use crate::model::code::HcpcsCode;
use crate::model::topic::Pair;
use crate::model::watch::{Codes, Watch};

/// Which pairs are kept.
#[derive(Debug)]
pub(super) struct Wanted {
    /// In order.
    codes: Vec<Code>,
    /// Whether both codes have to be among them, or one.
    both: bool,
    watched: BTreeSet<HcpcsCode>,
    billed_with: BTreeSet<HcpcsCode>,
}

impl Wanted {
    /// Named codes: every pair with one of them, or with a look-alike. All codes: there are two million
    /// pairs; those between codes that the practice bills together, and look-alikes.
    pub(super) fn of(watch: &Watch) -> Self {
        let look_alikes = watch.look_alikes.iter().map(|service| service.code);
        let (watched, both): (BTreeSet<HcpcsCode>, bool) = match &watch.codes {
            Codes::All => (watch.billed_with.clone(), true),
            Codes::Named(services) => {
                (services.iter().map(|service| service.code).collect(), false)
            }
        };
        let codes: BTreeSet<HcpcsCode> = watched.iter().copied().chain(look_alikes).collect();
        Self {
            codes: codes.into_iter().filter_map(bytes_of).collect(),
            both,
            watched,
            billed_with: watch.billed_with.clone(),
        }
    }

    /// Whether a pair is kept.
    pub(super) fn keeps(&self, column1: Code, column2: Code) -> bool {
        let has = |code: Code| self.codes.binary_search(&code).is_ok();
        if self.both {
            has(column1) && has(column2)
        } else {
            has(column1) || has(column2)
        }
    }

    /// The pairs of which an answer speaks whether there is an edit or not: a watched code and one that is
    /// billed with it, either way round.
    pub(super) fn named_pairs(&self) -> BTreeSet<Pair> {
        let mut pairs = BTreeSet::new();
        for &one in &self.watched {
            for &other in self.billed_with.iter().filter(|other| **other != one) {
                let pair = |column1, column2| Pair { column1, column2 };
                pairs.extend([pair(one, other), pair(other, one)]);
            }
        }
        pairs
    }
}

/// A code as it stands in a file.
pub(super) fn bytes_of(code: HcpcsCode) -> Option<Code> {
    code.as_str().as_bytes().try_into().ok()
}
