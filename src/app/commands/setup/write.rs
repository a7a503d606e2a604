//! The configuration and the password, put in place.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::draft::Draft;
use super::flow::password_place;
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::io::newfile::replace;

/// Whether there is nothing to lose: no file, or one that says nothing, as the package brings it.
pub(super) fn may_be_written(file: &Path, replace: bool) -> Result<(), Failure> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(
                Failure::message(Exit::Usage, format!("{}: {error}", file.display()))
                    .next("run `coverd setup` as root"),
            );
        }
    };
    let says_nothing = toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.is_empty());
    if says_nothing || replace {
        return Ok(());
    }
    Err(Failure::message(
        Exit::Usage,
        format!("{} says something already", file.display()),
    )
    .next("change it with an editor, or give --replace; the present one is kept as coverd.toml.before-setup"))
}

/// Writes both; what was there is kept beside.
pub(super) fn write(
    file: &Path,
    draft: &Draft,
    password: Option<&SecretString>,
) -> Result<(), Failure> {
    let place = password_place(file);
    let written = || -> anyhow::Result<()> {
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            fs::create_dir_all(folder)?;
        }
        if let Some(password) = password {
            let path = place.path();
            let line = format!("{}\n", password.expose_secret());
            replace(&path, line.as_bytes(), 0o600).with_context(|| path.display().to_string())?;
        }
        if file.exists() {
            let mut kept = file.as_os_str().to_owned();
            kept.push(".before-setup");
            fs::copy(file, &kept).with_context(|| Path::new(&kept).display().to_string())?;
        }
        replace(file, draft.text(&place).as_bytes(), 0o640)
            .with_context(|| file.display().to_string())
    };
    written()
        .context("the configuration cannot be written")
        .or_exit(Exit::Unexpected)
        .map_err(|failure| {
            failure.next("run `coverd setup` as root, or name a file of yours with --config")
        })
}
