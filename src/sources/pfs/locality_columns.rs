//! The columns of the GPCI and locality/county files, found by their names, and their rows.

use std::collections::BTreeMap;

use super::grid::Grid;
use super::members::Kind;
use super::names::words;
use crate::model::attribute::Attribute;
use crate::model::fact::Observation;
use crate::model::money;
use crate::model::topic::LocalityId;

/// A watched row, or any other: what it says and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) values: BTreeMap<Attribute, Observation>,
    pub(super) quote: String,
}

/// Where the columns stand.
#[derive(Debug)]
pub(super) struct Columns {
    mac: usize,
    number: usize,
    /// Column by which the alphabet is checked: name of the locality, or state.
    name: usize,
    pub(super) values: Vec<(Attribute, usize)>,
    /// The year that the header names.
    pub(super) year: Option<i32>,
}

impl Columns {
    /// `None` when the row is no header, an error when it is one with a column missing or doubled.
    pub(super) fn find(kind: Kind, cells: &[String]) -> Option<Result<Self, String>> {
        let names: Vec<String> = cells.iter().map(|cell| words(cell)).collect();
        let filled = names.iter().filter(|name| !name.is_empty()).count();
        let holds = |word: &str| names.iter().any(|name| name.contains(word));
        let header = match kind {
            Kind::Gpci => names.iter().filter(|name| name.contains("GPCI")).count() >= 2,
            Kind::Counties => holds("FEE SCHEDULE AREA") && holds("COUNTIES"),
            Kind::Table => false,
        };
        (header && filled >= 4).then(|| Self::map(kind, &names))
    }

    fn map(kind: Kind, names: &[String]) -> Result<Self, String> {
        let only = |label: &str, fits: &dyn Fn(&str) -> bool| -> Result<Option<usize>, String> {
            let mut places = names.iter().enumerate().filter(|(_, name)| fits(name));
            let place = places.next().map(|(index, _)| index);
            if places.next().is_some() {
                return Err(format!("two columns look like {label}"));
            }
            Ok(place)
        };
        let needed = |label: &str, place: Option<usize>| {
            place.ok_or_else(|| format!("the column {label} is not found"))
        };
        let mac = only("MAC", &|n| {
            n == "MAC" || n.contains("CONTRACTOR") || n.contains("CARRIER")
        })?;
        let number = only("locality number", &|n| {
            n.contains("LOCALITY") && !n.contains("NAME")
        })?;
        let state = only("state", &|n| n == "STATE")?;
        let mut values = Vec::new();
        let name = match kind {
            Kind::Gpci | Kind::Table => {
                let name = only("locality name", &|n| n.contains("LOCALITY NAME"))?;
                let name = needed("locality name", name)?;
                let no_floor = |n: &str| n.contains("WITHOUT") || n.contains("NO 1 0 FLOOR");
                let is_work = |n: &str| n.contains("PW GPCI") || n.contains("WORK GPCI");
                let floorless = only("work GPCI without floor", &|n| is_work(n) && no_floor(n))?;
                let work = only("work GPCI", &|n| is_work(n) && !no_floor(n))?;
                let pe = only("PE GPCI", &|n| n.contains("PE GPCI"))?;
                let mp = only("MP GPCI", &|n| n.contains("MP GPCI"))?;
                // A file with the index without floor only is one of a time without floor.
                let work = needed("work GPCI", work.or(floorless))?;
                values.push((Attribute::GpciWork, work));
                values.extend(floorless.map(|index| (Attribute::GpciWorkNoFloor, index)));
                values.push((Attribute::GpciPe, needed("PE GPCI", pe)?));
                values.push((Attribute::GpciMp, needed("MP GPCI", mp)?));
                values.push((Attribute::LocalityName, name));
                values.extend(state.map(|index| (Attribute::LocalityState, index)));
                name
            }
            Kind::Counties => {
                let area = only("fee schedule area", &|n| n.contains("FEE SCHEDULE AREA"))?;
                let counties = only("counties", &|n| n.contains("COUNTIES"))?;
                values.push((Attribute::LocalityArea, needed("fee schedule area", area)?));
                values.push((Attribute::LocalityCounties, needed("counties", counties)?));
                needed("state", state)?
            }
        };
        let year = names
            .iter()
            .flat_map(|name| name.split(' '))
            .find(|word| word.len() == 4 && word.starts_with("20"))
            .and_then(|word| word.parse().ok());
        Ok(Self {
            mac: needed("MAC", mac)?,
            number: needed("locality number", number)?,
            name,
            values,
            year,
        })
    }

    /// The entry of a row; `None` for notes.
    pub(super) fn entry(
        &self,
        number: u64,
        cells: &[String],
        grid: &Grid,
    ) -> Result<Option<(LocalityId, String, Entry)>, String> {
        let cell = |index: usize| cells.get(index).map(|cell| cell.trim()).unwrap_or_default();
        let mac = cell(self.mac);
        if mac.is_empty() || mac.len() > 5 || !mac.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let locality = LocalityId::new(mac, cell(self.number))
            .map_err(|cause| format!("row {number}: {cause}"))?;
        let mut values = BTreeMap::new();
        for &(attribute, index) in &self.values {
            let text = tidy(cell(index));
            let observation =
                if attribute == Attribute::LocalityCounties && grid.cut.contains(&number) {
                    continue;
                } else if attribute.kind() == crate::model::attribute::Kind::Amount {
                    money::amount(&text)
                        .filter(|index| *index > rust_decimal::Decimal::new(1, 1))
                        .filter(|index| *index < rust_decimal::Decimal::TEN)
                        .map(Observation::amount)
                        .ok_or_else(|| {
                            format!(
                                "row {number}: {}: an index is expected, '{text}' found",
                                attribute.label()
                            )
                        })?
                } else if text.is_empty() {
                    return Err(format!("row {number}: {} is blank", attribute.label()));
                } else {
                    Observation::text(text)
                };
            values.insert(attribute, observation);
        }
        let quote: String = cells.join(",").chars().take(300).collect();
        let entry = Entry {
            number,
            values,
            quote,
        };
        Ok(Some((
            locality,
            tidy(cell(self.name)).to_uppercase(),
            entry,
        )))
    }
}

/// Single blanks, and no footnote stars at the end: a footnote is no other name.
fn tidy(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.trim_end_matches(['*', ' ']).to_owned()
}
