//! `coverd completions` and `coverd man`: made from the definitions of the command line, so that
//! they cannot be wrong about it.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::app::cli::{Cli, CompletionsArgs, ManArgs};
use crate::app::exit::{Exit, Failure};

/// Prints the completions of a shell.
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "coverd", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}

/// Prints `coverd(1)`, or writes it and a page for each command into a folder.
///
/// # Errors
/// When something cannot be written.
pub fn manual(args: &ManArgs) -> Result<Exit, Failure> {
    let mut pages = pages()?;
    match &args.dir {
        Some(dir) => write_pages(dir, &pages)?,
        None => io::stdout().write_all(&pages.swap_remove(0).text)?,
    }
    Ok(Exit::Done)
}

struct Page {
    file: String,
    text: Vec<u8>,
}

fn write_pages(dir: &Path, pages: &[Page]) -> Result<(), Failure> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    for page in pages {
        let file = dir.join(&page.file);
        fs::write(&file, &page.text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    writeln!(io::stdout(), "{} pages in {}", pages.len(), dir.display())?;
    Ok(())
}

/// The main page first, then one for each command.
fn pages() -> Result<Vec<Page>, Failure> {
    let mut main = Cli::command();
    main.build();
    let mut pages = vec![Page {
        file: "coverd.1".to_owned(),
        text: main_page(&main)?,
    }];
    for command in main.get_subcommands() {
        if command.get_name() != "help" && !command.is_hide_set() {
            add_command(command, "coverd", &mut pages)?;
        }
    }
    Ok(pages)
}

fn add_command(
    command: &clap::Command,
    parent: &str,
    pages: &mut Vec<Page>,
) -> Result<(), Failure> {
    let name = format!("{parent}-{}", command.get_name());
    let mut text = Vec::new();
    Man::new(command.clone())
        .title(name.clone())
        .render(&mut text)?;
    pages.push(Page {
        file: format!("{name}.1"),
        text,
    });
    for inner in command.get_subcommands() {
        if inner.get_name() != "help" {
            add_command(inner, &name, pages)?;
        }
    }
    Ok(())
}

fn main_page(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;

    let mut more = Roff::new();
    more.control("SH", ["FILES"]);
    for (file, what) in [
        (
            "/etc/coverd/coverd.toml",
            "The configuration; coverd setup writes it, coverd config init prints a commented one.",
        ),
        (
            "/etc/coverd/smtp-password",
            "The password of the mail account, for the systemd service.",
        ),
        (
            "/var/lib/coverd",
            "The store: the database and every document ever read.",
        ),
    ] {
        more.control("TP", []);
        more.text([bold(file)]);
        more.text([roman(what)]);
    }
    more.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        more.control("TP", []);
        let mut code = String::new();
        let _ = write!(code, "{}", exit.code());
        more.text([bold(code)]);
        more.text([roman(exit.meaning())]);
    }
    more.to_writer(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let pages = pages().unwrap();
        let files: Vec<_> = pages.iter().map(|page| page.file.as_str()).collect();
        assert_eq!(files.first(), Some(&"coverd.1"));
        for file in [
            "coverd-answer.1",
            "coverd-db-restore.1",
            "coverd-config-init.1",
        ] {
            assert!(files.contains(&file), "{files:?}");
        }
        let main = String::from_utf8(pages[0].text.clone()).unwrap();
        assert!(main.contains("EXIT STATUS"));
        assert!(main.contains("already running") || main.contains("another coverd works"));
    }

    #[test]
    fn every_shell_has_completions() {
        for &shell in clap_complete::Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "coverd", &mut script);
            assert!(
                String::from_utf8(script).unwrap().contains("mail-test"),
                "{shell}"
            );
        }
    }
}
