//! What a therapy code list must have to be believed.

use crate::model::code::HcpcsCode;

/// What a therapy code list must have to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Fewest codes; the lists have more than a hundred.
    pub rows: usize,
    /// Fewest codes of each designation.
    pub of_each: usize,
    /// Codes that have always been "always therapy".
    pub always: Vec<HcpcsCode>,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            rows: 70,
            of_each: 10,
            always: ["97110", "97112"]
                .into_iter()
                .filter_map(|code| code.parse().ok())
                .collect(),
        }
    }
}

impl Checks {
    /// For lists of a few codes.
    pub fn for_excerpts() -> Self {
        Self {
            rows: 1,
            of_each: 0,
            always: Vec::new(),
        }
    }
}
