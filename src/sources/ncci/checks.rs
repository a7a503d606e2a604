//! What the tables must have to be believed: floors and sentinels.

use crate::model::code::HcpcsCode;

/// What the tables of NCCI must have to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Fewest rows of the table of units.
    pub mue_rows: usize,
    /// Fewest rows of it whose code begins with a character: a file that was cut lacks its end.
    pub mue_families: Vec<(char, usize)>,
    /// Codes that it must have, with at least one unit.
    pub mue_sentinels: Vec<HcpcsCode>,
    /// Fewest rows of a file of edits.
    pub ptp_rows: u64,
    /// Least share of edits that hold now, and of edits that no longer do, in percent: every file has both.
    pub ptp_share_percent: u64,
    /// Most changes of the first code from row to row, in percent of the rows.
    pub ptp_runs_percent: u64,
    /// Most odd rows in a thousand; never a watched one.
    pub odd_per_mille: u64,
}

impl Default for Checks {
    fn default() -> Self {
        let sentinels = ["97110", "99213", "20610"];
        Self {
            mue_rows: 10_000,
            mue_families: vec![
                ('0', 300),
                ('1', 200),
                ('2', 800),
                ('3', 600),
                ('4', 450),
                ('5', 350),
                ('6', 450),
                ('7', 300),
                ('8', 700),
                ('9', 500),
                ('A', 200),
                ('G', 100),
                ('J', 300),
                ('L', 300),
                ('V', 80),
            ],
            mue_sentinels: sentinels
                .iter()
                .filter_map(|code| code.parse().ok())
                .collect(),
            ptp_rows: 200_000,
            ptp_share_percent: 5,
            ptp_runs_percent: 25,
            odd_per_mille: 1,
        }
    }
}

impl Checks {
    /// For excerpts of a few rows: everything about a row is still checked, nothing about how many there
    /// are.
    pub fn for_excerpts() -> Self {
        Self {
            mue_rows: 1,
            mue_families: Vec::new(),
            mue_sentinels: Vec::new(),
            ptp_rows: 1,
            ptp_share_percent: 0,
            ptp_runs_percent: 100,
            odd_per_mille: 0,
        }
    }
}
