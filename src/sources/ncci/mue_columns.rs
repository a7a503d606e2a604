//! The columns of the table of units, and what a row of them says.

use std::collections::BTreeMap;

use crate::model::attribute::Attribute;
use crate::model::fact::Observation;

/// What a row says of a code.
pub(super) const ATTRIBUTES: [Attribute; 3] = [
    Attribute::MueUnits,
    Attribute::MueAdjudication,
    Attribute::MueRationale,
];

/// Where the columns are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub(super) code: usize,
    pub(super) units: usize,
    pub(super) adjudication: usize,
    pub(super) rationale: usize,
}

impl Columns {
    /// Reads a row as the header; `None` when it is none. The first name has a line break in it.
    pub(super) fn find(cells: &[String]) -> Option<Result<Self, String>> {
        let names: Vec<String> = cells.iter().map(|cell| words(cell)).collect();
        let code = names.iter().position(|name| {
            matches!(
                &name[..],
                "HCPCS CPT CODE"
                    | "CPT HCPCS CODE"
                    | "HCPCS CODE"
                    | "CPT CODE"
                    | "CPT HCPCS"
                    | "HCPCS CPT"
            )
        })?;
        let one = |what: &str| {
            let mut found = names
                .iter()
                .enumerate()
                .filter(|(_, name)| name.contains(what));
            match (found.next(), found.next()) {
                (Some((at, _)), None) => Ok(at),
                _ => Err(format!("one column with '{what}' in its name is expected")),
            }
        };
        let columns = || {
            Ok(Self {
                code,
                units: one("MUE VALUE")?,
                adjudication: one("ADJUDICATION INDICATOR").or_else(|why| {
                    let short = names
                        .iter()
                        .position(|name| name == "MAI" || name == "MUE MAI");
                    short.ok_or(why)
                })?,
                rationale: one("RATIONALE")?,
            })
        };
        let columns: Result<Self, String> = columns();
        Some(columns.and_then(|columns| {
            let of_whom = names.get(columns.units).map(String::as_str);
            if of_whom.is_some_and(|name| name.contains("PRACTITIONER")) {
                return Ok(columns);
            }
            Err(format!(
                "a table for practitioners is expected; its column is named '{}'",
                of_whom.unwrap_or_default()
            ))
        }))
    }
}

pub(super) type RowValues = (u32, BTreeMap<Attribute, Observation>);

/// The units and what the row says; or the cell that is not as it should be.
pub(super) fn values<'c>(
    units: &'c str,
    adjudication: &'c str,
    rationale: &'c str,
) -> Result<RowValues, (&'static str, &'c str)> {
    let count: Option<u32> = (!units.is_empty() && units.bytes().all(|b| b.is_ascii_digit()))
        .then(|| units.parse().ok())
        .flatten();
    let count = count.ok_or(("MUE Values", units))?;
    // The digit decides; its words are those of CMS, written in one way only.
    let words = match adjudication.as_bytes() {
        [b'1'] | [b'1', b' ', ..] => "1 Line Edit",
        [b'2'] | [b'2', b' ', ..] => "2 Date of Service Edit: Policy",
        [b'3'] | [b'3', b' ', ..] => "3 Date of Service Edit: Clinical",
        _ => return Err(("MUE Adjudication Indicator", adjudication)),
    };
    if rationale.is_empty() {
        return Err(("MUE Rationale", rationale));
    }
    let rationale = rationale.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok((
        count,
        BTreeMap::from([
            (Attribute::MueUnits, Observation::count(count.into())),
            (Attribute::MueAdjudication, Observation::text(words)),
            (Attribute::MueRationale, Observation::text(rationale)),
        ]),
    ))
}

/// The words of a name in capitals, with single blanks.
fn words(cell: &str) -> String {
    cell.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_any_of_their_names() {
        let find = |code: &str, adjudication: &str| {
            let cells = [
                code,
                "Practitioner Services MUE Values",
                adjudication,
                "MUE Rationale",
            ];
            Columns::find(&cells.map(ToOwned::to_owned)).map(|found| {
                let columns = found.unwrap();
                (
                    columns.code,
                    columns.units,
                    columns.adjudication,
                    columns.rationale,
                )
            })
        };
        for code in ["HCPCS/\nCPT Code", "CPT/HCPCS", "HCPCS Code", "CPT code"] {
            for adjudication in ["MUE Adjudication Indicator", "MAI"] {
                assert_eq!(
                    find(code, adjudication),
                    Some((0, 1, 2, 3)),
                    "{code} {adjudication}"
                );
            }
        }
        assert_eq!(find("Code of conduct", "MAI"), None);
    }
}
