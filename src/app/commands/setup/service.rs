//! The service, started by the service manager.

use std::path::Path;
use std::process::Command;

use super::ask::say;
use crate::app::exit::{Exit, Failure};

/// Enables and (re)starts it.
pub(super) fn start() -> Result<Exit, Failure> {
    if !Path::new("/run/systemd/system").exists() {
        say("No systemd runs here. Start it with: coverd run")?;
        return Ok(Exit::Done);
    }
    systemctl(&["enable", "--quiet", "coverd"])?;
    systemctl(&["restart", "coverd"])?;
    // The unit is of Type=notify: it was ready by then.
    say(
        "coverd runs. It reads the releases of past years now, which takes some minutes; within five, each\n\
         recipient gets a mail with today's answer for each code.\n\
         How it stands: coverd status      All that it needs: coverd doctor",
    )?;
    Ok(Exit::Done)
}

fn systemctl(arguments: &[&str]) -> Result<(), Failure> {
    let ended = Command::new("systemctl").args(arguments).output()?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(Failure::message(
        Exit::Unexpected,
        format!("systemctl {} failed: {}", arguments.join(" "), said.trim()),
    )
    .next("run `coverd setup` as root; `journalctl -u coverd -n 20` has the service's words"))
}
