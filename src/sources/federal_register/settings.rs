//! What can be configured about the Federal Register.

/// Which documents of CMS are looked through, beside those that name a watched word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederalRegisterSettings {
    /// Words or phrases for the Register's own full-text search; the watched words are searched for
    /// anyway.
    pub terms: Vec<String>,
    /// Parts of title 42 of the Code of Federal Regulations.
    pub cfr_parts: Vec<u32>,
}

impl Default for FederalRegisterSettings {
    /// Parts 410 (benefits), 414 (payment of physicians and therapists) and 419 (hospital outpatients).
    fn default() -> Self {
        Self {
            terms: Vec::new(),
            cfr_parts: vec![410, 414, 419],
        }
    }
}
