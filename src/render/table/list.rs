//! A list: columns, rows, and notes below.

use super::cell::Cell;
use super::column::{Column, Readers};

/// A list with named columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) notes: Vec<String>,
}

impl Table {
    /// An empty list.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds a row. One with too few cells is filled up with nothing; cells beyond the last column are
    /// left out.
    pub fn push(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let width = self.columns.len();
        let mut row: Vec<_> = cells.into_iter().take(width).collect();
        row.resize_with(width, Cell::nothing);
        self.rows.push(row);
    }

    /// Adds a line below the table, for people only.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn shown(&self, readers: Readers) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(move |column| column.is_for(readers))
    }

    pub(super) fn cells<'a>(
        &'a self,
        row: &'a [Cell],
        readers: Readers,
    ) -> impl Iterator<Item = (&'a Column, &'a Cell)> {
        self.columns
            .iter()
            .zip(row)
            .filter(move |(column, _)| column.is_for(readers))
    }
}
