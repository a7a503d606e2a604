//! What a table must have to be believed: floors and sentinels.

use crate::model::code::HcpcsCode;

/// The status indicators that CMS has defined (Addendum D1 of the OPPS rules), with some of earlier years.
pub(super) const KNOWN_STATUS: &[&str] = &[
    "A", "B", "C", "D", "E", "E1", "E2", "F", "G", "H", "H1", "J1", "J2", "K", "K1", "L", "L1",
    "M", "N", "P", "Q1", "Q2", "Q3", "Q4", "R", "S", "T", "U", "V", "X", "Y",
];

/// What Addendum B must have to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Fewest rows.
    pub rows: usize,
    /// Fewest rows whose code begins with a character: a file that was cut lacks its end.
    pub families: Vec<(char, usize)>,
    /// Codes that must be there with this status indicator.
    pub sentinels: Vec<(HcpcsCode, &'static str)>,
    /// Least share of rows with a status indicator that is known, in percent.
    pub known_status_percent: usize,
    /// Most odd rows in a thousand; never a watched one.
    pub odd_per_mille: usize,
    /// Least share of the rows with a weight whose payment is that weight times the one conversion factor
    /// of the table, in percent.
    pub fitting_percent: usize,
    /// Fewest rows with a weight and a payment.
    pub weighted: usize,
}

impl Default for Checks {
    fn default() -> Self {
        // Therapy is paid by another schedule, clinic visits of physicians are not recognised by this one,
        // and the hospital's own clinic visit is: so it has been in every quarter since 2015.
        let sentinels = [("97110", "A"), ("99213", "B"), ("G0463", "J2")]
            .into_iter()
            .filter_map(|(code, status)| Some((code.parse().ok()?, status)))
            .collect();
        Self {
            rows: 12_000,
            families: vec![
                ('0', 400),
                ('1', 250),
                ('2', 800),
                ('3', 700),
                ('4', 550),
                ('5', 400),
                ('6', 500),
                ('7', 350),
                ('8', 800),
                ('9', 600),
                ('A', 300),
                ('G', 500),
                ('J', 400),
                ('L', 400),
                ('V', 100),
            ],
            sentinels,
            known_status_percent: 90,
            odd_per_mille: 1,
            fitting_percent: 97,
            weighted: 2_000,
        }
    }
}

impl Checks {
    /// For excerpts of a few rows: everything about a row is still checked, nothing about how many there
    /// are.
    pub fn for_excerpts() -> Self {
        Self {
            rows: 1,
            families: Vec::new(),
            sentinels: Vec::new(),
            odd_per_mille: 0,
            weighted: 0,
            ..Self::default()
        }
    }
}
