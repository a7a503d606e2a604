//! How the columns of the tables of a release are called.

/// Names that CMS uses for the same columns elsewhere (Addendum B, record layouts), and the one of these files.
#[rustfmt::skip]
pub(super) const OTHER_NAMES: [(&str, &[&str]); 13] = [
    ("HCPCS", &["HCPCS CODE", "CPT HCPCS", "CPT HCPCS CODE", "HCPCS CPT CODE"]),
    ("MOD", &["MODIFIER"]),
    ("DESCRIPTION", &["SHORT DESCRIPTION", "DESCRIPTOR", "SHORT DESCRIPTOR"]),
    ("STATUS CODE", &["STATUS", "STATUS IND", "STATUS INDICATOR"]),
    ("WORK RVU", &["WORK RVUS"]),
    ("NON FAC PE RVU", &["NON FACILITY PE RVU", "NON FACILITY PE RVUS", "NONFACILITY PE RVU", "NONFAC PE RVU", "NON FAC PE RVUS"]),
    ("NON FAC NA INDICATOR", &["NON FACILITY NA INDICATOR", "NONFACILITY NA INDICATOR", "NONFAC NA INDICATOR"]),
    ("FACILITY PE RVU", &["FACILITY PE RVUS", "FAC PE RVU", "FAC PE RVUS"]),
    ("MP RVU", &["MP RVUS", "MALPRACTICE RVU", "MALPRACTICE RVUS"]),
    ("PCTC IND", &["PC TC IND", "PC TC INDICATOR", "PCTC INDICATOR"]),
    ("GLOB DAYS", &["GLOBAL", "GLOBAL DAYS", "GLOBAL PERIOD"]),
    ("CO SURG", &["CO SURGEON", "CO SURGEONS"]),
    ("CONV FACTOR", &["CONVERSION FACTOR"]),
];

/// The name that a column has in these files.
pub(super) fn usual(name: &str) -> &str {
    OTHER_NAMES
        .iter()
        .find(|(_, others)| others.contains(&name))
        .map_or(name, |(usual, _)| usual)
}

/// Whether a cell names the column of codes, with which the header begins.
pub(super) fn names_codes(cell: &str) -> bool {
    usual(&words(cell)) == "HCPCS"
}

/// Upper-case words and numbers with single blanks between them.
pub(super) fn words(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect::<Vec<_>>()
        .join(" ")
}
