//! Printing tables in the form that was asked for.

use std::io::{self, IsTerminal, Write};

use anyhow::Context as _;

use crate::app::config::Environment;
use crate::app::exit::Failure;
use crate::app::options::{Color, Format, Global};
use crate::render::table::{Style, Table};

/// Width for people when neither the terminal nor the environment tells one, in characters.
const DEFAULT_WIDTH: u16 = 100;

/// Form, width and colour of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// The form of lists.
    pub format: Format,
    /// Width and colour, for people.
    pub style: Style,
}

impl Output {
    /// Colour only on a terminal, unless asked for; the terminal's width, else `COLUMNS`.
    pub fn new(global: &Global, environment: &Environment) -> Self {
        let terminal = io::stdout().is_terminal();
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !environment.no_color,
        };
        let measured = || {
            terminal
                .then(|| comfy_table::Table::new().width())
                .flatten()
        };
        Self {
            format: global.format,
            style: Style {
                width: environment
                    .columns
                    .or_else(measured)
                    .unwrap_or(DEFAULT_WIDTH),
                color,
            },
        }
    }
}

/// Prints a table on standard output.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(table: &Table, output: &Output) -> Result<(), Failure> {
    let text = match output.format {
        Format::Table => table.to_text(output.style),
        Format::Json => table.to_json(),
        Format::Csv => table.to_csv(),
        Format::Markdown => table.to_markdown(),
    };
    write(&text)
}

/// Writes a text to standard output.
///
/// # Errors
/// When it cannot be written.
pub fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")?;
    Ok(())
}
