//! What Addendum B must have to be believed: floors and sentinels.

use crate::model::code::HcpcsCode;

/// What Addendum B must have to be believed.
///
/// It lists every procedure code but those of anesthesia and those that begin with B, E, K or L
/// (Addendum A says so); so the floors are lower than those of the relative value files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Fewest rows.
    pub rows: usize,
    /// Fewest rows whose code begins with one of these characters: a file that was cut lacks some.
    pub families: Vec<(&'static str, usize)>,
    /// Rows without modifier that must be there with this status indicator.
    pub sentinels: Vec<(HcpcsCode, char)>,
    /// Most odd rows in a thousand; never a watched one.
    pub odd_per_mille: usize,
}

impl Default for Checks {
    fn default() -> Self {
        let sentinels = ["97110", "99213"]
            .into_iter()
            .filter_map(|code| Some((code.parse().ok()?, 'A')))
            .collect();
        Self {
            rows: 6_000,
            families: vec![
                ("0", 50),
                ("1", 300),
                ("2", 800),
                ("3", 600),
                ("4", 400),
                ("5", 300),
                ("6", 400),
                ("7", 800),
                ("8", 50),
                ("9", 800),
                ("G", 200),
                ("PQRSTV", 5),
            ],
            sentinels,
            odd_per_mille: 1,
        }
    }
}

impl Checks {
    /// For tables of a few rows: everything about a row is still checked, nothing about how many there
    /// are.
    pub fn for_excerpts() -> Self {
        Self {
            rows: 1,
            families: Vec::new(),
            sentinels: Vec::new(),
            odd_per_mille: 0,
        }
    }
}
