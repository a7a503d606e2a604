//! The configuration, the rights on what is ours, the disk, the clock, the time zone.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::IANA_TZDB_VERSION;
use rustix::fs::{Access, access, statvfs};

use super::finding::Finding;
use crate::app::config::{CREDENTIALS, Config, MailChannel, PasswordSource};
use crate::app::exit::Exit;

/// Below this coverd may soon stand still: a few quarters of documents.
const LITTLE: u64 = 2 << 30;
/// Below this the next large document does not fit.
const TOO_LITTLE: u64 = 200 << 20;

/// All of it, in the order in which one depends on the other.
pub(super) fn look(config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = vec![configuration(config)];
    // That nobody gets mail that is written into files is said where the mail is tried.
    let warnings = config.warnings();
    let warnings = warnings
        .iter()
        .filter(|warning| !warning.contains("mail.channel"));
    findings.extend(warnings.map(|warning| Finding::look("configuration", warning, "")));
    findings.extend(rights(config));
    findings.push(disk(&config.store));
    findings.push(time_zone(config, now));
    findings
}

fn configuration(config: &Config) -> Finding {
    match &config.file {
        Some(file) => Finding::well("configuration", format!("{}: no mistakes", file.display())),
        None => Finding::look(
            "configuration",
            "there is no file; the defaults hold",
            "`coverd setup` writes one with you",
        ),
    }
}

/// Who may read what is not everybody's, and write what is ours.
fn rights(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let MailChannel::Smtp(server) = &config.mail.channel
        && let Some(login) = &server.login
    {
        let file = match &login.password {
            PasswordSource::File(file)
            | PasswordSource::Credential {
                file: Some(file), ..
            } => file.clone(),
            PasswordSource::Credential { name, file: None } => Path::new(CREDENTIALS).join(name),
        };
        findings.push(secret(&file));
    }
    findings.push(match fs::metadata(&config.store) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::look(
            "store",
            format!("{} is not there yet", config.store.display()),
            "it is made at the first start: `systemctl enable --now coverd`",
        ),
        Err(error) => Finding::wrong(
            "store",
            Exit::Unexpected,
            format!("{}: {error}", config.store.display()),
        )
        .remedied("run this as root or as a member of the group coverd"),
        Ok(folder) => store(&config.store, &folder),
    });
    findings
}

fn secret(file: &Path) -> Finding {
    let what = "mail password";
    match fs::metadata(file) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => Finding::wrong(
            what,
            Exit::Configuration,
            format!("{} can be read by others than its owner", file.display()),
        )
        .remedied("chmod 600 it"),
        Ok(_) => Finding::well(what, format!("{}, its owner's alone", file.display())),
        Err(error) => Finding::look(
            what,
            format!("{}: {error}", file.display()),
            "write the password of the mail account into it, mode 0600, or run this as root, who can see it",
        ),
    }
}

fn store(path: &Path, folder: &Metadata) -> Finding {
    let what = "store";
    if !folder.is_dir() {
        return Finding::wrong(
            what,
            Exit::Unexpected,
            format!("{} is no folder", path.display()),
        );
    }
    if folder.permissions().mode() & 0o007 != 0 {
        return Finding::look(
            what,
            format!("everybody on this machine can look into {}", path.display()),
            "chmod 750 it",
        );
    }
    let stranger = fs::read_dir(path).ok().and_then(|entries| {
        let entries = entries.filter_map(Result::ok);
        let mut others = entries.filter(|entry| {
            entry
                .metadata()
                .is_ok_and(|found| found.uid() != folder.uid())
        });
        others.next()
    });
    if let Some(stranger) = stranger {
        return Finding::wrong(
            what,
            Exit::Unexpected,
            format!("{} belongs to another user than its folder", stranger.path().display()),
        )
        .remedied("someone ran coverd as another user: `chown -R --reference` it to the owner of the folder");
    }
    if access(path, Access::WRITE_OK).is_err() {
        return Finding::well(
            what,
            format!("{}; this user may only read it", path.display()),
        );
    }
    Finding::well(what, path.display())
}

fn disk(store: &Path) -> Finding {
    let there = store.ancestors().find(|folder| folder.exists());
    let Some(found) = there.and_then(|folder| statvfs(folder).ok()) else {
        return Finding::look("disk", "the file system does not say how full it is", "");
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let says = format!("{} MB free below {}", free >> 20, store.display());
    let remedy =
        "make room: a year of releases takes about a gigabyte, and nothing is ever thrown away";
    if found.f_files > 0 && found.f_favail < 1_000 {
        let says = format!(
            "{} files more fit below {}",
            found.f_favail,
            store.display()
        );
        return Finding::wrong("disk", Exit::Unexpected, says).remedied("free some inodes");
    }
    match free {
        0..TOO_LITTLE => Finding::wrong("disk", Exit::Unexpected, says).remedied(remedy),
        TOO_LITTLE..LITTLE => Finding::look("disk", says, remedy),
        _ => Finding::well("disk", says),
    }
}

fn time_zone(config: &Config, now: DateTime<Utc>) -> Finding {
    let zone = config.practice.zone;
    let there = now.with_timezone(&zone);
    Finding::well(
        "time zone",
        format!(
            "it is {} in {zone} (rules of {IANA_TZDB_VERSION}, which coverd brings along)",
            there.format("%Y-%m-%d %H:%M %Z")
        ),
    )
}
