//! From the archive of addenda to statements.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::addendum::Addendum;
use super::archive::{self, Expected};
use super::checks::Checks;
use super::docket::{Docket, Posting};
use super::page::RulePage;
use crate::model::fact::{Edition, Repost, Statement};
use crate::model::request::{Concern, Reading, ShapeError, Unit, UnitDocuments, absent};
use crate::model::topic::{Stage, Subject, Topic};
use crate::model::watch::Watch;

/// Reads the addenda of a rule.
///
/// # Errors
/// When the archive or Addendum B in it cannot be believed.
pub(super) fn extract(
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let posting = Posting::parse(&unit.name).ok_or_else(|| {
        ShapeError::new(
            &unit.name,
            "addenda are named as CMS-1848-P, those of a correction as CMS-1848-CN of CMS-1848-F",
        )
    })?;
    read(&posting, unit, documents, watch, checks).map_err(|error| error.within(&unit.name))
}

fn read(
    posting: &Posting,
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let rule = &posting.rule;
    let Some(stage) = rule.stage() else {
        return Err(ShapeError::new(
            rule.to_string(),
            "its docket says neither proposed (-P) nor final (-F)",
        ));
    };
    let docket = posting.correction.as_ref().unwrap_or(rule);
    let page = rule_page(unit, docket);
    let expected = Expected {
        rule,
        year: page.as_ref().and_then(|page| page.year),
    };
    let (table, year) = archive::read(&documents.primary.bytes, expected, checks, watch)?;
    let begins = NaiveDate::from_ymd_opt(year, 1, 1)
        .ok_or_else(|| ShapeError::new(rule.to_string(), format!("{year} is no year")))?;
    let edition = Edition {
        name: rule.to_string(),
        begins,
        repost: Repost::Replaces,
    };
    Ok(Reading {
        published: page
            .and_then(|page| page.addenda)
            .and_then(|addenda| addenda.posted),
        statements: statements(&table, &stage, watch, begins),
        announces_new: true,
        concerns: oddities(&table, docket),
        thread: Some(rule.rulemaking()),
        ..Reading::new(edition)
    })
}

/// The rule's page, seen in discovery. A recording may lack it.
fn rule_page(unit: &Unit, docket: &Docket) -> Option<RulePage> {
    unit.context
        .iter()
        .find_map(|page| RulePage::read(&page.bytes, &page.final_url, docket).ok())
}

/// One statement for each kept row, and one for each named row that the table does not have.
fn statements(table: &Addendum, stage: &Stage, watch: &Watch, from: NaiveDate) -> Vec<Statement> {
    let topic = |service| Topic::staged(Subject::Service(service), stage.clone());
    let mut statements: Vec<Statement> = table
        .kept
        .iter()
        .map(|(service, kept)| Statement {
            topic: topic(*service),
            from,
            values: kept.values.clone(),
            locator: format!("{} row {}", table.member, kept.number),
            quote: kept.quote.clone(),
        })
        .collect();
    let missing = absent(&table.attributes);
    for service in watch.named_services() {
        if !table.kept.contains_key(&service) {
            statements.push(Statement {
                topic: topic(service),
                from,
                values: missing.clone(),
                locator: format!("{}, all {} rows", table.member, table.rows),
                quote: String::new(),
            });
        }
    }
    statements
}

fn oddities(table: &Addendum, docket: &Docket) -> Vec<Concern> {
    let mut concerns = BTreeMap::new();
    if let Some((count, first)) = &table.odd {
        concerns.insert(
            format!("rows {docket}"),
            format!("{count} rows of Addendum B of {docket} are not as they should be, none of them watched; the first: {first}"),
        );
    }
    if !table.unknown_columns.is_empty() {
        concerns.insert(
            format!("columns {docket}"),
            format!(
                "Addendum B of {docket} has columns that coverd does not know: {}",
                table.unknown_columns.join(", ")
            ),
        );
    }
    concerns
        .into_iter()
        .map(|(key, text)| Concern {
            key,
            text,
            remedy: "Everything else was read. Look into the addenda on the rule's page; if it matters, coverd needs an update.".to_owned(),
        })
        .collect()
}
