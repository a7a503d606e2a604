//! `coverd pdf-text`: the process that reads a PDF for the daemon, and may die of it.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use crate::app::cli::PdfTextArgs;
use crate::app::exit::{Exit, Failure};
use crate::io::pdf::{ProcessLimits, limit_this_process};

/// Largest PDF that is taken from standard input, in bytes.
#[cfg(feature = "pdf")]
const MAX_PDF: u64 = 512_000_000;

/// Limits this process; then becomes the configured command, or reads the PDF itself.
pub fn pdf_text(args: &PdfTextArgs) -> Result<Exit, Failure> {
    let limits = ProcessLimits {
        memory: args.memory,
        processor: Duration::from_secs(args.seconds),
    };
    limit_this_process(&limits)?;
    let Some((program, arguments)) = args.command.split_first() else {
        return read(args.text);
    };
    // It returns only where the command could not be started.
    let error = Command::new(program).args(arguments).exec();
    let said = format!("cannot run '{}': {error}", program.to_string_lossy());
    Err(Failure::message(Exit::Configuration, said)
        .next("install it, or correct pdf_command under [fetch]"))
}

#[cfg(feature = "pdf")]
fn read(most: usize) -> Result<Exit, Failure> {
    let mut pdf = Vec::new();
    io::stdin().take(MAX_PDF).read_to_end(&mut pdf)?;
    let text = crate::parse::pdf::extract(&pdf, most)?;
    io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

#[cfg(not(feature = "pdf"))]
fn read(_most: usize) -> Result<Exit, Failure> {
    let said = "this coverd was built without a reader of PDFs";
    Err(Failure::message(Exit::Configuration, said).next(
        "name a program in [fetch]: pdf_command = [\"pdftotext\", \"-layout\", \"-\", \"-\"]",
    ))
}
