//! What changes did to payments, in dollars, as people and programs read it.

use std::collections::BTreeSet;

use super::Context;
use crate::app::exit::Failure;
use crate::app::options::Format;
use crate::model::dollars::{Clinician, PaymentMove, dollars};
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table};

/// The moves alone.
pub(super) fn show(moves: &[PaymentMove], context: &Context) -> Result<(), Failure> {
    if context.output.format != Format::Table {
        return context.print(&for_programs(moves));
    }
    let mut page = context.page();
    if moves.is_empty() {
        page.prose(0, "It does not move the payment of a watched code.");
    }
    write(&mut page, moves);
    context.show(&page)
}

/// The moves, for people; nothing when there are none.
pub(super) fn write(page: &mut Page, moves: &[PaymentMove]) {
    if moves.is_empty() {
        return;
    }
    page.heading("In dollars, one unit");
    let mut table = Table::new([
        Column::left("service", "Of").whole(),
        Column::left("stage", "Stage"),
        Column::left("on", "Services of").whole(),
        Column::left("place", "Place"),
        Column::left("setting", "Setting"),
        Column::left("was", "Before"),
        Column::left("now", "After"),
        Column::right("per_unit", "A unit"),
        Column::right("per_year", "A year"),
    ]);
    for one in moves {
        table.push([
            Cell::text(one.service.to_string()),
            Cell::text(one.stage.to_string()),
            Cell::text(one.on.to_string()),
            Cell::text(one.place.to_string()),
            Cell::text(setting(one)),
            Cell::text(one.was.brief()),
            Cell::text(one.now.brief()),
            Cell::maybe(one.per_unit().map(dollars)),
            Cell::maybe(one.per_year().map(dollars)),
        ]);
    }
    page.table(&table);
    let caveats: BTreeSet<&String> = moves.iter().flat_map(|one| &one.caveats).collect();
    for caveat in caveats {
        page.pair(2, "note", caveat);
    }
}

fn setting(one: &PaymentMove) -> String {
    match one.clinician {
        Clinician::Standard => one.setting.label().to_owned(),
        Clinician::QualifyingApm => format!("{}, qualifying APM", one.setting.label()),
    }
}

fn for_programs(moves: &[PaymentMove]) -> Table {
    let mut table = Table::new(
        [
            "service",
            "stage",
            "on",
            "place",
            "place_name",
            "clinician",
            "setting",
            "was",
            "now",
            "was_dollars",
            "now_dollars",
            "change_per_unit",
            "yearly_units",
            "change_per_year",
            "caveats",
        ]
        .map(|key| Column::left(key, key)),
    );
    for one in moves {
        table.push([
            Cell::text(one.service.to_string()),
            Cell::text(one.stage.to_string()),
            Cell::text(one.on.to_string()),
            Cell::text(one.place.to_string()),
            Cell::text(&one.place_name),
            Cell::text(one.clinician.id()),
            Cell::text(one.setting.id()),
            Cell::text(one.was.to_string()),
            Cell::text(one.now.to_string()),
            Cell::maybe(one.was.paid()),
            Cell::maybe(one.now.paid()),
            Cell::maybe(one.per_unit()),
            Cell::maybe(one.yearly_units),
            Cell::maybe(one.per_year()),
            Cell::list(one.caveats.clone()),
        ]);
    }
    table
}
