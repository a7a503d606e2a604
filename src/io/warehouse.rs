//! Parquet files: tables for `DuckDB`, Spark or a warehouse, in which days are days, amounts decimals and
//! instants times in UTC.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    Date32Builder, Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rust_decimal::Decimal;

use super::newfile::NewFile;

/// Digits and decimals of amounts: CMS's have four at most.
const PRECISION: u8 = 38;
const SCALE: u32 = 10;
/// Rows held in memory before they are written.
const BATCH: usize = 8_192;
/// Days from the first of January of year 1 to that of 1970.
const EPOCH: i32 = 719_163;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A day without an hour: `DATE`.
    Day,
    /// An instant in UTC, to the microsecond: `TIMESTAMP`.
    Instant,
    /// A number with ten decimals: `DECIMAL(38, 10)`.
    Amount,
    /// A whole number of 64 bits.
    Count,
}

/// One cell; `None` is null.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// Text.
    Text(Option<&'a str>),
    /// A day.
    Day(Option<NaiveDate>),
    /// An instant.
    Instant(Option<DateTime<Utc>>),
    /// An amount; null as well when it has more decimals than the column.
    Amount(Option<Decimal>),
    /// A count.
    Count(Option<i64>),
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// The file system.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The writer of the format.
    #[error("{0}")]
    Format(String),
    /// A row that does not fit its table, which is a defect.
    #[error("a row does not fit its table: column {0}")]
    Row(usize),
}

impl From<ArrowError> for WarehouseError {
    fn from(error: ArrowError) -> Self {
        Self::Format(error.to_string())
    }
}

impl From<parquet::errors::ParquetError> for WarehouseError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Format(error.to_string())
    }
}

enum Builder {
    Text(StringBuilder),
    Day(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
    Amount(Decimal128Builder),
    Count(Int64Builder),
}

impl Builder {
    fn new(kind: Kind) -> Result<Self, ArrowError> {
        let scale = i8::try_from(SCALE).unwrap_or(i8::MAX);
        Ok(match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Day => Self::Day(Date32Builder::new()),
            Kind::Instant => Self::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            Kind::Amount => {
                Self::Amount(Decimal128Builder::new().with_precision_and_scale(PRECISION, scale)?)
            }
            Kind::Count => Self::Count(Int64Builder::new()),
        })
    }

    /// Whether the cell is of the column's kind.
    fn push(&mut self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            (Self::Text(column), Cell::Text(text)) => column.append_option(*text),
            (Self::Day(column), Cell::Day(day)) => {
                column.append_option(day.map(|day| day.num_days_from_ce() - EPOCH));
            }
            (Self::Instant(column), Cell::Instant(at)) => {
                column.append_option(at.map(|at| at.timestamp_micros()));
            }
            (Self::Amount(column), Cell::Amount(amount)) => {
                column.append_option(amount.and_then(units));
            }
            (Self::Count(column), Cell::Count(count)) => column.append_option(*count),
            _ => return false,
        }
        true
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) => Arc::new(column.finish()),
            Self::Day(column) => Arc::new(column.finish()),
            Self::Instant(column) => Arc::new(column.finish()),
            Self::Amount(column) => Arc::new(column.finish()),
            Self::Count(column) => Arc::new(column.finish()),
        }
    }
}

/// The amount in units of the last decimal; `None` when that would round it.
fn units(amount: Decimal) -> Option<i128> {
    let amount = amount.normalize();
    let more = SCALE.checked_sub(amount.scale())?;
    amount.mantissa().checked_mul(10_i128.checked_pow(more)?)
}

/// A table under construction; there is no file until it is [finished](Table::finish).
pub struct Table {
    new: NewFile,
    schema: SchemaRef,
    writer: ArrowWriter<io::BufWriter<File>>,
    builders: Vec<Builder>,
    held: usize,
    rows: u64,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("new", &self.new)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Begins a table with these columns.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub fn begin(path: &Path, columns: &[(&str, Kind)]) -> Result<Self, WarehouseError> {
        let (new, file) = NewFile::begin(path)?;
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, kind)| Field::new(*name, data_type(*kind), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("coverd ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        Ok(Self {
            new,
            writer: ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?,
            builders: columns
                .iter()
                .map(|(_, kind)| Builder::new(*kind))
                .collect::<Result<_, _>>()?,
            schema,
            held: 0,
            rows: 0,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When it has other columns than the table, or cannot be written.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), WarehouseError> {
        if cells.len() != self.builders.len() {
            return Err(WarehouseError::Row(cells.len()));
        }
        for (number, (builder, cell)) in self.builders.iter_mut().zip(cells).enumerate() {
            if !builder.push(cell) {
                return Err(WarehouseError::Row(number));
            }
        }
        self.held += 1;
        self.rows += 1;
        if self.held >= BATCH {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), WarehouseError> {
        if self.held == 0 {
            return Ok(());
        }
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        self.writer
            .write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        self.held = 0;
        Ok(())
    }

    /// Writes what is held and gives the file its name; returns the number of rows.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<u64, WarehouseError> {
        self.flush()?;
        let file = self.writer.into_inner()?;
        self.new.keep(file)?;
        Ok(self.rows)
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Day => DataType::Date32,
        Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Amount => DataType::Decimal128(PRECISION, i8::try_from(SCALE).unwrap_or(i8::MAX)),
        Kind::Count => DataType::Int64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_null() {
        let of = |text: &str| units(text.parse().unwrap());
        assert_eq!(of("36.0896"), Some(360_896_000_000));
        assert_eq!(of("0.3200"), Some(3_200_000_000));
        assert_eq!(of("0.00000000001"), None);
        assert_eq!(of("79228162514264337593543950335"), None);
    }

    #[test]
    fn the_epoch_is_the_first_of_january_1970() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap().num_days_from_ce() - EPOCH;
        assert_eq!(day("1970-01-01"), 0);
        assert_eq!(day("2020-01-21"), 18_282);
    }

    #[test]
    fn a_row_of_another_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let columns = [("day", Kind::Day), ("text", Kind::Text)];
        let mut table = Table::begin(&folder.path().join("x.parquet"), &columns).unwrap();
        assert!(table.row(&[Cell::Day(None)]).is_err());
        assert!(table.row(&[Cell::Text(None), Cell::Text(None)]).is_err());
    }
}
