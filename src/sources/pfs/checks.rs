//! What a release must have to be believed: floors and sentinels.

use rust_decimal::Decimal;

use crate::model::code::HcpcsCode;

/// What a release must have to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Fewest rows of the table.
    pub rows: usize,
    /// Fewest rows whose code begins with a character: a file that was cut lacks its end, whether
    /// it is sorted letters first (2020 to 2024) or digits first.
    pub families: Vec<(char, usize)>,
    /// Rows without modifier that must be there with this status indicator.
    pub sentinels: Vec<(HcpcsCode, char)>,
    /// Least share of rows with a status indicator that is known, in percent.
    pub known_status_percent: usize,
    /// Most odd rows in a thousand; never a watched one.
    pub odd_per_mille: usize,
    /// Least and greatest plausible conversion factor, in dollars.
    pub conversion_factor: (Decimal, Decimal),
    /// Fewest localities of the GPCI file and of the locality/county file.
    pub localities: usize,
    /// Names of localities that the two must have: the first and the last of the alphabet.
    pub locality_sentinels: Vec<String>,
}

impl Default for Checks {
    fn default() -> Self {
        let sentinels = ["97110", "99213"]
            .into_iter()
            .filter_map(|code| Some((code.parse().ok()?, 'A')))
            .collect();
        Self {
            rows: 12_000,
            families: vec![
                ('0', 300),
                ('1', 300),
                ('2', 1_000),
                ('3', 800),
                ('4', 600),
                ('5', 500),
                ('6', 600),
                ('7', 1_200),
                ('8', 1_000),
                ('9', 1_200),
                ('G', 600),
                ('V', 100),
            ],
            sentinels,
            known_status_percent: 60,
            odd_per_mille: 1,
            conversion_factor: (Decimal::from(20), Decimal::from(60)),
            localities: 80,
            locality_sentinels: vec!["ALABAMA".to_owned(), "WYOMING".to_owned()],
        }
    }
}

impl Checks {
    /// For excerpts of a few rows: everything about a row is still checked, nothing about how many
    /// there are.
    pub fn for_excerpts() -> Self {
        Self {
            rows: 1,
            families: Vec::new(),
            sentinels: Vec::new(),
            odd_per_mille: 0,
            localities: 1,
            locality_sentinels: Vec::new(),
            ..Self::default()
        }
    }

    /// For the file of which only the conversion factor is taken; CMS leaves codes out of it.
    pub(super) fn for_factor(&self) -> Self {
        Self {
            rows: self.rows / 2,
            families: Vec::new(),
            sentinels: Vec::new(),
            ..self.clone()
        }
    }
}
