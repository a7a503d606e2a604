//! States as people write them and as the coverage database numbers them.

use crate::model::document::Document;
use crate::model::request::ShapeError;
use crate::sources::coverage_api::{self, filled, number};

/// Where the API lists its states.
pub(super) const STATES: &str = "https://api.coverage.cms.gov/v1/metadata/states/";

const NAME: &str = "list of states";

const NAMES: [(&str, &str); 56] = [
    ("AL", "Alabama"),
    ("AK", "Alaska"),
    ("AZ", "Arizona"),
    ("AR", "Arkansas"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DE", "Delaware"),
    ("DC", "District of Columbia"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("HI", "Hawaii"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("IA", "Iowa"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("ME", "Maine"),
    ("MD", "Maryland"),
    ("MA", "Massachusetts"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MS", "Mississippi"),
    ("MO", "Missouri"),
    ("MT", "Montana"),
    ("NE", "Nebraska"),
    ("NV", "Nevada"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NY", "New York"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VT", "Vermont"),
    ("VA", "Virginia"),
    ("WA", "Washington"),
    ("WV", "West Virginia"),
    ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
    ("AS", "American Samoa"),
    ("GU", "Guam"),
    ("MP", "Northern Mariana Islands"),
    ("PR", "Puerto Rico"),
    ("VI", "Virgin Islands"),
];

/// The name of a state or territory by its two letters; `None` for what is none.
pub fn state_name(letters: &str) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(known, _)| *known == letters)
        .map(|(_, name)| *name)
}

/// The numbers that the API has for a state. It parts some states among contractors ("California -
/// Northern"); the whole state goes before its parts.
///
/// # Errors
/// When the list has another form, or does not have the state.
pub(super) fn state_ids(list: &Document, letters: &str) -> Result<Vec<u32>, ShapeError> {
    let value = coverage_api::value(&list.bytes, NAME)?;
    let mut known = Vec::new();
    for row in coverage_api::data(&value, NAME)? {
        let read = |error| coverage_api::shape(error, NAME);
        let description = filled(&row, "description").map_err(read)?.to_lowercase();
        known.push((description, number(&row, "state_id").map_err(read)?));
    }
    let name = state_name(letters).unwrap_or(letters).to_lowercase();
    let ids = |fits: &dyn Fn(&str) -> bool| -> Vec<u32> {
        let fitting = known.iter().filter(|(description, _)| fits(description));
        fitting.map(|(_, id)| *id).collect()
    };
    let whole = format!("{name} - entire state");
    let part = format!("{name} - ");
    let found = [
        ids(&|description| description == name),
        ids(&|description| description == whole),
        ids(&|description| description.starts_with(&part)),
    ];
    found
        .into_iter()
        .find(|ids| !ids.is_empty())
        .ok_or_else(|| ShapeError::new(NAME, format!("it does not have the state {letters}")))
}
