//! Which file of the addenda's archive is Addendum B, and whether it is of this rule.

use super::addendum::{Addendum, Found};
use super::checks::Checks;
use super::docket::{Docket, Kind};
use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::parse::grid::{self, Sheet, words};
use crate::parse::zip::{Archive, Entry, Limits};

/// More tables than any archive of addenda has.
const MOST_CANDIDATES: usize = 40;

/// Rows at the top of a sheet that may be titles.
const MOST_TITLE_ROWS: usize = 20;

/// What is known of the addenda before they are opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    /// The rule whose addenda they are.
    pub(super) rule: &'a Docket,
    /// The calendar year that the rule's page names.
    pub(super) year: Option<i32>,
}

/// Reads Addendum B of an archive; gives the calendar year that it is for.
///
/// Where the archive holds it in two forms (workbook and text), both are read and must say the same.
///
/// # Errors
/// When the archive is damaged, has no Addendum B or several, or it cannot be believed.
pub(super) fn read(
    bytes: &[u8],
    expected: Expected<'_>,
    checks: &Checks,
    watch: &Watch,
) -> Result<(Addendum, i32), ShapeError> {
    let malformed =
        |what: &str, cause: &dyn std::error::Error| ShapeError::new(what, cause.to_string());
    let mut archive = Archive::open(bytes, Limits::default())
        .map_err(|cause| malformed("the archive", &cause))?;
    let entries: Vec<Entry> = archive
        .entries()
        .iter()
        .filter(|entry| !entry.name.contains("__MACOSX") && !entry.file_name().starts_with("._"))
        .cloned()
        .collect();
    let likely: Vec<&Entry> = entries
        .iter()
        .filter(|entry| may_be_table(entry.file_name()))
        .collect();
    if likely.len() > MOST_CANDIDATES {
        return Err(ShapeError::new(
            "the archive",
            format!("more than {MOST_CANDIDATES} tables, more than is plausible"),
        ));
    }
    let mut read: Vec<(Addendum, i32, grid::Form)> = Vec::new();
    for entry in likely {
        let name = entry.file_name();
        let bytes = archive
            .read(entry.index)
            .map_err(|cause| malformed(name, &cause))?;
        let (Some(form), sheets) = (grid::form(&bytes), grid::sheets(&bytes)) else {
            continue;
        };
        let sheets = match sheets {
            Ok(sheets) => sheets,
            // What calls itself Addendum B has to be read; other files may be of any kind.
            Err(cause) if addendum_letter(name).is_some() => return Err(malformed(name, &cause)),
            Err(_) => continue,
        };
        for sheet in &sheets {
            let year = expected.year.or_else(|| titled_year(name, sheet));
            let Some(found) = Found::find(name, sheet, year)? else {
                continue;
            };
            if is_addendum_b(name, &sheet.name, &found.title) {
                let year = identify(name, &found.title, expected)?;
                read.push((found.read(checks, watch)?, year, form));
            }
        }
    }
    let mut tables = read.into_iter();
    match (tables.next(), tables.next(), tables.next()) {
        (Some((table, year, _)), None, _) => Ok((table, year)),
        (Some((first, year, form)), Some((second, other_year, other_form)), None)
            if form != other_form =>
        {
            agree(&first, &second)?;
            if year != other_year {
                return Err(ShapeError::new(
                    "the archive",
                    format!("two members disagree: one is for {year}, the other for {other_year}"),
                ));
            }
            Ok((first, year))
        }
        (Some((first, ..)), Some((second, ..)), _) => Err(ShapeError::new(
            "the archive",
            format!(
                "{} and {} cannot be told apart; one Addendum B is expected",
                first.member, second.member
            ),
        )),
        (None, ..) => {
            let names: Vec<&str> = entries.iter().map(Entry::file_name).take(30).collect();
            Err(ShapeError::new(
                "the archive",
                format!(
                    "no member is Addendum B (a table with columns for code, status and RVUs, named so); members: {}",
                    names.join(", ")
                ),
            ))
        }
    }
}

/// The year in the title rows, which have one cell, or in the name of the file: columns may be named with
/// it.
fn titled_year(member: &str, sheet: &Sheet) -> Option<i32> {
    let alone = |cells: &Vec<String>| {
        let mut filled = cells.iter().filter(|cell| !cell.is_empty());
        filled.next().filter(|_| filled.next().is_none()).cloned()
    };
    let rows = sheet.rows.iter().take(MOST_TITLE_ROWS);
    rows.filter_map(|(_, cells)| alone(cells))
        .find_map(|title| calendar_year(&title))
        .or_else(|| calendar_year(member))
}

/// Workbooks and texts that do not call themselves another addendum.
fn may_be_table(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".xlsx", ".csv", ".txt"]
        .iter()
        .any(|ending| lower.ends_with(ending))
        && addendum_letter(name).is_none_or(|letter| letter == "B")
}

/// The letter behind the word "Addendum": `CMS-1848-P_Addendum B.xlsx`.
fn addendum_letter(text: &str) -> Option<String> {
    let words = words(text);
    let at = words.iter().position(|word| word == "ADDENDUM")?;
    words.get(at + 1).filter(|word| word.len() == 1).cloned()
}

fn is_addendum_b(member: &str, sheet: &str, title: &str) -> bool {
    // The table names itself first; a workbook may hold several addenda.
    [title, sheet, member]
        .into_iter()
        .find_map(addendum_letter)
        .is_some_and(|letter| letter == "B")
}

/// Compares rulemaking, year and stage that the table and its file name name with what is expected;
/// gives the year. One of them must be named: else any table could stand under any rule.
fn identify(member: &str, title: &str, expected: Expected<'_>) -> Result<i32, ShapeError> {
    let failed = |why: String| Err(ShapeError::new(member, why));
    let rulemakings: Vec<String> = [title, member]
        .into_iter()
        .flat_map(Docket::rulemakings_in)
        .collect();
    let own = expected.rule.rulemaking();
    if let Some(other) = rulemakings.iter().find(|named| **named != own) {
        return failed(format!(
            "it names {other}, {own} is expected: addenda of another rule under this name?"
        ));
    }
    let years: Vec<i32> = [title, member]
        .into_iter()
        .filter_map(calendar_year)
        .collect();
    let year = expected.year.or_else(|| years.first().copied());
    let Some(year) = year else {
        return failed(
            "neither the table nor the rule's page names a calendar year such as CY 2027"
                .to_owned(),
        );
    };
    if let Some(other) = years.iter().find(|named| **named != year) {
        return failed(format!(
            "it names {other}, {year} is expected: addenda of another year under this name?"
        ));
    }
    if years.is_empty() && rulemakings.is_empty() {
        return failed(format!(
            "neither its title nor its name says that it belongs to {own} or CY {year}"
        ));
    }
    let named = format!(" {} ", words(&format!("{title} {member}")).join(" "));
    let (proposed, final_) = (
        named.contains(" PROPOSED RULE "),
        named.contains(" FINAL RULE "),
    );
    let contradicts = match expected.rule.kind {
        Kind::Proposed => final_ && !proposed,
        Kind::Final => proposed && !final_,
        Kind::Correction | Kind::Other => true,
    };
    if contradicts {
        return failed(format!(
            "its title speaks of another stage than that of {}: a proposal is never taken for a final rule",
            expected.rule
        ));
    }
    Ok(year)
}

/// The calendar year that a text names: `CY 2027`, `CY2027`, `Calendar Year 2027`.
pub(super) fn calendar_year(text: &str) -> Option<i32> {
    let words = words(text);
    words.iter().enumerate().find_map(|(index, word)| {
        let digits = match word.as_str() {
            "CY" => words.get(index + 1)?,
            "YEAR" if index > 0 && words.get(index - 1)? == "CALENDAR" => words.get(index + 1)?,
            joined => joined.strip_prefix("CY")?,
        };
        let plausible = digits.len() == 4 && digits.starts_with("20");
        plausible.then(|| digits.parse().ok()).flatten()
    })
}

/// Whether two forms of the table say the same of the watched rows.
fn agree(first: &Addendum, second: &Addendum) -> Result<(), ShapeError> {
    let disagree = |why: String| {
        Err(ShapeError::new(
            format!("{} and {}", first.member, second.member),
            format!("two members disagree: {why}"),
        ))
    };
    if first.attributes != second.attributes {
        return disagree("they do not have the same columns".to_owned());
    }
    if first.rows != second.rows {
        return disagree(format!("{} rows and {} rows", first.rows, second.rows));
    }
    for (service, kept) in &first.kept {
        let other = second.kept.get(service);
        if other.is_none_or(|other| other.values != kept.values) {
            return disagree(format!("they say different things of {service}"));
        }
    }
    if let Some(service) = second
        .kept
        .keys()
        .find(|service| !first.kept.contains_key(service))
    {
        return disagree(format!("{service} is in one of them only"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_years_are_named_in_three_ways() {
        for text in [
            "CY 2027 PFS Proposed Rule Addenda",
            "CMS-1848-P_CY2027_Addendum B",
            "Payment Policies for Calendar Year 2027",
        ] {
            assert_eq!(calendar_year(text), Some(2027), "{text}");
        }
        for no in ["", "2027", "CY", "CY 27", "FY 2027", "YEAR 2027", "CY 1848"] {
            assert_eq!(calendar_year(no), None, "{no}");
        }
    }

    #[test]
    fn the_table_names_itself_before_its_file_does() {
        assert!(is_addendum_b(
            "CMS-1848-P_Addendum B_508.xlsx",
            "Sheet1",
            ""
        ));
        assert!(is_addendum_b("addenda.xlsx", "Addendum B", ""));
        assert!(is_addendum_b(
            "x.csv",
            "",
            "ADDENDUM B: Relative Value Units"
        ));
        assert!(!is_addendum_b("addenda B.xlsx", "Addendum C", ""));
        assert!(!is_addendum_b(
            "Addendum B.xlsx",
            "",
            "Addendum C: Codes with Interim RVUs"
        ));
        assert!(!is_addendum_b("PPRRVU.csv", "", "Relative Value File"));
    }

    #[test]
    fn addenda_of_another_rule_year_or_stage_are_refused() {
        let rule = Docket::find("CMS-1848-P").unwrap();
        let year = |member: &str, title: &str, year| {
            identify(member, title, Expected { rule: &rule, year }).ok()
        };
        let title = "Addendum B for the CY 2027 Proposed Rule";
        assert_eq!(
            year("CMS-1848-P_Addendum B.xlsx", title, Some(2027)),
            Some(2027)
        );
        assert_eq!(year("b.xlsx", title, None), Some(2027));
        assert_eq!(year("CMS-1848-P_b.xlsx", "", Some(2027)), Some(2027));
        assert_eq!(year("b.xlsx", "", Some(2027)), None);
        assert_eq!(year("CMS-1848-P_b.xlsx", "", None), None);
        assert_eq!(year("CMS-1832-P_b.xlsx", title, Some(2027)), None);
        assert_eq!(year("b.xlsx", title, Some(2026)), None);
        assert_eq!(year("b.xlsx", "CY 2027 Final Rule", Some(2027)), None);
    }
}
