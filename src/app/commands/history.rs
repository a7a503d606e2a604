//! `coverd history`.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Context;
use super::answer::held;
use super::words::cell;
use crate::app::cli::HistoryArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::engine::answer::{PFS, Setting, names_code, topics};
use crate::engine::fold::fold;
use crate::io::store::Reader;
use crate::model::answer::Question;
use crate::model::attribute::{Attribute, Kind};
use crate::model::code::Service;
use crate::model::fact::{Fact, Observation};
use crate::model::timeline::{Period, Timeline, Timelines};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::NcdLink;
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table, Tone};

/// Characters of two days with the word between.
const DAYS: usize = 24;

/// Days for which one value held, by whichever documents.
struct Stretch<'a> {
    days: Period,
    observation: &'a Observation,
    /// The first fact that said so.
    fact: &'a Fact,
}

/// The stretches of one attribute, earliest first.
struct Line<'a> {
    attribute: Attribute,
    stretches: Vec<Stretch<'a>>,
}

/// Everything believed about a code, from when to when.
pub fn history(args: &HistoryArgs, context: &Context) -> Result<Exit, Failure> {
    let watch = &context.config.watch;
    let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
    let reader = context.reader()?;
    let setting = Setting {
        links: &links,
        billed_with: &watch.billed_with,
        known: &reader.topics_about(args.service)?,
    };
    let timelines = believed(&reader, args.service, &setting)?;
    let mut subjects = lines(&timelines, args.since);
    // Of policies and rules only those that govern the code or name it.
    subjects.retain(|(topic, _)| match &topic.subject {
        Subject::Policy(name) => {
            let governs = |link: &NcdLink| {
                format!("NCD {}", link.section) == *name && link.codes.contains(&args.service.code)
            };
            links.iter().any(governs) || names_code(&timelines, topic, args.service.code)
        }
        Subject::Rule(_) => names_code(&timelines, topic, args.service.code),
        Subject::Service(_) | Subject::Schedule(_) | Subject::Pair(_) | Subject::Page(_) => true,
    });
    // The conversion factor alone says nothing about a code.
    if subjects
        .iter()
        .all(|(topic, _)| matches!(topic.subject, Subject::Schedule(_)))
    {
        subjects.clear();
    }
    if context.output.format != Format::Table {
        context.print(&for_programs(&subjects))?;
        return Ok(Exit::Done);
    }
    let mut page = context.page();
    for (topic, lines) in &subjects {
        page.heading(&topic.to_string());
        for_people(&mut page, lines);
    }
    if subjects.is_empty() {
        page.prose(
            0,
            &format!(
                "Nothing is known about {0}: it is not watched, or nothing was read yet. `coverd status` says what is watched; a code in [watch] codes is read from the documents at hand at the next check.",
                args.service
            ),
        );
    }
    context.show(&page)?;
    Ok(Exit::Done)
}

fn believed(
    reader: &Reader,
    service: Service,
    setting: &Setting<'_>,
) -> Result<Timelines, Failure> {
    let question = Question {
        service,
        on: NaiveDate::MAX,
        place: None,
        as_published_on: None,
        as_known_on: None,
    };
    Ok(fold(reader.facts(&topics(&question, setting))?))
}

/// The code first, then what is paid for everything, then the policies.
fn lines(timelines: &Timelines, since: Option<NaiveDate>) -> Vec<(&Topic, Vec<Line<'_>>)> {
    let schedule = Topic::national(Subject::Schedule(PFS.to_owned()));
    let mut subjects: Vec<(&Topic, Vec<Line<'_>>)> = timelines
        .topics()
        .map(|(topic, attributes)| {
            let lines = attributes
                .iter()
                .filter(|(attribute, _)| *topic != schedule || attribute.kind() == Kind::Amount)
                .map(|(&attribute, timeline)| Line {
                    attribute,
                    stretches: stretches(timeline, since),
                })
                .filter(|line| !line.stretches.is_empty())
                .collect();
            (topic, lines)
        })
        .filter(|(_, lines): &(_, Vec<Line<'_>>)| !lines.is_empty())
        .collect();
    subjects.sort_by_key(|(topic, _)| match topic.subject {
        Subject::Service(_) => 0,
        Subject::Schedule(_) => 1,
        Subject::Pair(_) => 2,
        Subject::Policy(_) | Subject::Page(_) => 3,
        Subject::Rule(_) => 4,
    });
    subjects
}

fn stretches(timeline: &Timeline, since: Option<NaiveDate>) -> Vec<Stretch<'_>> {
    let mut found: Vec<Stretch<'_>> = Vec::new();
    for segment in &timeline.segments {
        match found.last_mut() {
            Some(last)
                if *last.observation == segment.observation
                    && last.days.until == Some(segment.period.from) =>
            {
                last.days.until = segment.period.until;
            }
            _ => found.push(Stretch {
                days: segment.period,
                observation: &segment.observation,
                fact: &segment.fact,
            }),
        }
    }
    let before = |day: NaiveDate| since.is_some_and(|since| day <= since);
    found.retain(|stretch| !stretch.days.until.is_some_and(before));
    found
}

/// Values in a list, texts below it by their first words; what was blank all the time is only named,
/// and the record keeping of CMS is left to programs.
fn for_people(page: &mut Page, lines: &[Line<'_>]) {
    let blank = |line: &&Line<'_>| {
        line.stretches
            .iter()
            .all(|stretch| stretch.observation.to_string() == Observation::text("").to_string())
    };
    let (blank, told): (Vec<&Line<'_>>, Vec<&Line<'_>>) = lines
        .iter()
        .filter(|line| line.attribute != Attribute::Bookkeeping)
        .partition(blank);
    let mut table = Table::new([
        Column::left("what", "What"),
        Column::left("days", "Services").whole(),
        Column::left("value", "Value"),
        Column::left("edition", "By").whole(),
    ]);
    let (passages, values): (Vec<&Line<'_>>, Vec<&Line<'_>>) = told
        .into_iter()
        .partition(|line| line.attribute.kind() == Kind::Passage);
    for line in values {
        for (index, stretch) in line.stretches.iter().enumerate() {
            let label = if index == 0 {
                line.attribute.label()
            } else {
                ""
            };
            table.push([
                Cell::text(label),
                Cell::text(held(stretch.days)),
                Cell::text(cell(line.attribute, stretch.observation)).tone(Tone::Strong),
                Cell::text(&stretch.fact.origin.edition.name),
            ]);
        }
    }
    page.table(&table);
    for line in passages {
        page.prose(1, line.attribute.label());
        for stretch in &line.stretches {
            let by = &stretch.fact.origin.edition.name;
            let text = cell(line.attribute, stretch.observation);
            page.labelled(3, DAYS, &held(stretch.days), &format!("{text} ({by})"));
        }
    }
    if !blank.is_empty() {
        let labels: Vec<&str> = blank.iter().map(|line| line.attribute.label()).collect();
        page.toned(
            1,
            &format!("Blank throughout: {}.", labels.join(", ")),
            Tone::Faint,
        );
    }
}

fn for_programs(subjects: &[(&Topic, Vec<Line<'_>>)]) -> Table {
    let mut table = Table::new([
        Column::left("subject", "Of"),
        Column::left("attribute", "What"),
        Column::left("from", "From"),
        Column::left("until", "Until"),
        Column::left("value", "Value"),
        Column::left("edition", "By"),
        Column::left("published", "Published"),
        Column::left("captured", "Captured"),
        Column::left("locator", "Where"),
        Column::left("url", "Address"),
        Column::left("document", "Document"),
    ]);
    for (topic, lines) in subjects {
        for line in lines {
            for stretch in &line.stretches {
                let origin = &stretch.fact.origin;
                table.push([
                    Cell::text(topic.to_string()),
                    Cell::text(line.attribute.id()),
                    Cell::text(stretch.days.from.to_string()),
                    Cell::maybe(stretch.days.until),
                    Cell::text(stretch.observation.to_string()),
                    Cell::text(&origin.edition.name),
                    Cell::text(origin.published.to_string()),
                    Cell::text(origin.learned.to_rfc3339()),
                    Cell::text(&stretch.fact.statement.locator),
                    Cell::text(&origin.url),
                    Cell::text(origin.document.to_string()),
                ]);
            }
        }
    }
    table
}

/// The history of what matters most of a code, for the demonstration.
pub fn outline(
    page: &mut Page,
    reader: &Reader,
    service: Service,
    only: &[Attribute],
) -> Result<(), Failure> {
    let code_alone = Setting {
        links: &[],
        billed_with: &BTreeSet::new(),
        known: &[],
    };
    let timelines = believed(reader, service, &code_alone)?;
    for (topic, mut lines) in lines(&timelines, None) {
        if topic.subject == Subject::Service(service) {
            lines.retain(|line| only.contains(&line.attribute));
            for_people(page, &lines);
        }
    }
    Ok(())
}
