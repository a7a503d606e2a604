//! The options that every command has.
#![expect(
    clippy::doc_markdown,
    reason = "the comments here are the help texts, in which backticks would be seen"
)]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::config::LogLevel;

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The configuration file [default: $COVERD_CONFIG, else /etc/coverd/coverd.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use the store in this folder instead of the configured one
    #[arg(long, global = true, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// How to print lists: table for people, json or csv for programs, markdown for pages
    #[arg(
        long,
        global = true,
        default_value = "table",
        hide_possible_values = true
    )]
    pub format: Format,
    /// When to use colour: auto (on a terminal, unless NO_COLOR is set), always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: Color,
    /// What to log: error, warn, info, debug or trace [default: log.level for run, else error]
    #[arg(long, global = true, value_name = "LEVEL", hide_possible_values = true)]
    pub log: Option<LogLevel>,
}

/// How lists are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people, as wide as the terminal.
    Table,
    /// An array of objects.
    Json,
    /// Comma-separated values with a header line.
    Csv,
    /// A table of Markdown, with headings for people and every column.
    Markdown,
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
