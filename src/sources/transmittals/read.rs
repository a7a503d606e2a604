//! From the text of a PDF to what it says.

use super::article::Article;
use super::blocks::{Block, blocks};
use super::dates::{date, distinct};
use super::issue::Issue;
use super::page::TransmittalPage;
use super::statements::{Record, policy, status};
use super::status::moved;
use super::transmittal::Transmittal;
use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::fact::{Edition, Repost};
use crate::model::request::{Concern, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::mentions::{Excerpt, Named};

/// What the PDF of a unit says.
///
/// # Errors
/// When it is not the transmittal or article that the unit names, or not the whole of it.
pub(super) fn read(
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let issue = Issue::parse(&unit.name)
        .ok_or_else(|| ShapeError::new(&unit.name, "no unit of this source"))?;
    let text = documents
        .primary
        .text
        .as_deref()
        .ok_or_else(|| ShapeError::new(&unit.name, "the text of the PDF is missing"))?;
    match &issue {
        Issue::Transmittal { number, series } => {
            transmittal(unit, &issue, (number, series), text, watch)
        }
        Issue::Article(number) => article(number, text, watch),
    }
    .map_err(|shape| shape.within(&unit.name))
}

fn transmittal(
    unit: &Unit,
    issue: &Issue,
    (number, series): (&str, &str),
    text: &str,
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let cover = Transmittal::read(text)?;
    if cover.number != number {
        return Err(ShapeError::new(
            "the transmittal",
            format!(
                "its cover says Transmittal {}, expected is {number}",
                cover.number
            ),
        ));
    }
    let blocks = blocks(text);
    let named = named(&blocks, watch);
    let mut reading = reading(&unit.name, cover.issued);
    reading.concerns.extend(disagreement(unit, issue, &cover));
    let own = policy(&cover.change_request, &unit.name);
    let other = |number: &str| policy(&cover.change_request, &format!("R{number}{series}"));
    let of_series = |number: &str| format!("R{number}{series}");
    // What it says of others: they are rescinded, or are what it is rescinded for.
    let (mut replaces, mut replaced_by) = (Vec::new(), String::new());
    for (old, new) in &cover.replaced {
        let about = if new == number {
            replaces.push(of_series(old));
            Record::default()
                .with(Attribute::ReplacedBy, &unit.name)
                .about(other(old), cover.issued, &cover.subject)
        } else if old == number {
            replaced_by = of_series(new);
            Record::default()
                .with(Attribute::Replaces, &unit.name)
                .about(other(new), cover.issued, &cover.subject)
        } else {
            continue;
        };
        reading.statements.push(about);
    }
    if is_of_fee_schedule(&cover.subject) {
        let header = match distinct(&cover.effective)[..] {
            [day] => Some(day),
            _ => None,
        };
        let facts = moved(&blocks, header, watch);
        reading.statements.extend(facts.into_iter().map(status));
    }
    if named.is_any() {
        let record = Record::default()
            .with(Attribute::ChangeRequest, &cover.change_request)
            .with(Attribute::TransmittalNumber, &unit.name)
            .with(Attribute::Title, &cover.subject)
            .with(Attribute::EffectiveDate, &cover.effective)
            .with(Attribute::ImplementationDate, &cover.implementation)
            .with(Attribute::Replaces, &replaces.join(", "))
            .with(Attribute::ReplacedBy, &replaced_by)
            .naming(&named);
        reading
            .statements
            .push(record.about(own, cover.issued, &cover.subject));
        reading.announces_new = true;
        let moves_status = reading
            .statements
            .iter()
            .any(|statement| statement.values.contains_key(&Attribute::Status));
        reading.severity = (cover.maintenance && !moves_status).then_some(Severity::Administrative);
    }
    Ok(reading)
}

fn article(number: &str, text: &str, watch: &Watch) -> Result<Reading, ShapeError> {
    let head = Article::read(text)?;
    if head.number != number {
        return Err(ShapeError::new(
            "the article",
            format!("its head says {}, expected is {number}", head.number),
        ));
    }
    let named = named(&blocks(text), watch);
    let mut reading = reading(number, head.released);
    if named.is_any() {
        let record = Record::default()
            .with(Attribute::ChangeRequest, &head.change_request)
            .with(Attribute::TransmittalNumber, &head.transmittals)
            .with(Attribute::Title, &head.title)
            .with(Attribute::EffectiveDate, &head.effective)
            .with(Attribute::ImplementationDate, &head.implementation)
            .naming(&named);
        let quote = if head.title.is_empty() {
            number
        } else {
            &head.title
        };
        reading
            .statements
            .push(record.about(number.to_owned(), head.released, quote));
        reading.announces_new = true;
        reading.severity = head.maintenance.then_some(Severity::Administrative);
    }
    Ok(reading)
}

/// A document by itself is its edition. It counts from its publication on, however far it reaches back.
fn reading(name: &str, published: chrono::NaiveDate) -> Reading {
    Reading {
        published: Some(published),
        ..Reading::new(Edition {
            name: name.to_owned(),
            begins: published,
            repost: Repost::Replaces,
        })
    }
}

fn named(blocks: &[Block], watch: &Watch) -> Named {
    let mut named = Named::default();
    for block in blocks {
        let page = format!("page {}", block.page);
        let excerpt = Excerpt {
            text: &block.text,
            heading: &block.heading,
            page: &page,
        };
        named.read(excerpt, watch);
    }
    named
}

/// Another system has indicators of the same name, with other letters.
fn is_of_fee_schedule(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    let of_others = ["opps", "outpatient", "ambulatory"];
    (subject.contains("physician fee schedule") || subject.contains("mpfs"))
        && !of_others.iter().any(|other| subject.contains(other))
}

/// The page of the transmittal is a second witness of its dates and numbers.
fn disagreement(unit: &Unit, issue: &Issue, cover: &Transmittal) -> Option<Concern> {
    let page = TransmittalPage::read(unit.context.first()?, issue).ok()?;
    let other_number =
        !page.change_request.is_empty() && page.change_request != cover.change_request;
    let other_day = date(&page.issued).is_some_and(|day| day != cover.issued);
    (other_number || other_day).then(|| Concern {
        key: format!("page and PDF of {issue}"),
        text: format!(
            "the page of {issue} says change request {} and {}, its PDF change request {} and {}",
            page.change_request, page.issued, cover.change_request, cover.issued
        ),
        remedy: "The PDF counts. Look at both; CMS may have linked the wrong file.".to_owned(),
    })
}
