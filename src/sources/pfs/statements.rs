//! What a table says, as statements.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::columns::service_attributes;
use super::table::Table;
use crate::model::attribute::Attribute;
use crate::model::fact::{Observation, Statement};
use crate::model::request::absent;
use crate::model::topic::{Subject, Topic};
use crate::model::watch::Watch;

/// Longest quote, in characters.
const MOST_QUOTE: usize = 300;

/// What was read in full: `PPRRVU20_APR.csv, all 17250 rows`.
pub(super) fn whole_table(table: &Table) -> String {
    format!("{}, all {} rows", table.member, table.examined.rows)
}

fn short(quote: &str) -> String {
    quote.trim().chars().take(MOST_QUOTE).collect()
}

/// One statement for each kept row, and one for each named row that the table does not have.
pub(super) fn service_statements(table: &Table, watch: &Watch, from: NaiveDate) -> Vec<Statement> {
    let kept = &table.examined.kept;
    let mut statements: Vec<Statement> = kept
        .iter()
        .map(|(service, kept)| Statement {
            topic: Topic::national(Subject::Service(*service)),
            from,
            values: kept.values.clone(),
            locator: format!("{} row {}", table.member, kept.number),
            quote: short(&kept.quote),
        })
        .collect();
    let missing = absent(&service_attributes());
    for service in watch.named_services() {
        if !kept.contains_key(&service) {
            statements.push(Statement {
                topic: Topic::national(Subject::Service(service)),
                from,
                values: missing.clone(),
                locator: whole_table(table),
                quote: String::new(),
            });
        }
    }
    statements
}

/// The conversion factor, which every row repeats.
pub(super) fn factor_statement(table: &Table, attribute: Attribute, from: NaiveDate) -> Statement {
    let examined = &table.examined;
    let observation = Observation::amount(examined.conversion_factor);
    Statement {
        topic: Topic::national(Subject::Schedule("PFS".to_owned())),
        from,
        values: BTreeMap::from([(attribute, observation)]).into(),
        locator: format!(
            "{} row {} (the same in all {} rows)",
            table.member, examined.factor_row, examined.rows
        ),
        quote: short(&examined.factor_quote),
    }
}
