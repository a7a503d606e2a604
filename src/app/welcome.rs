//! The one message that a new recipient gets before anything happened: what coverd says today, so that they see
//! that it works, what its answers look like, and that mail arrives.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};

use super::letters::{answers, coming};
use super::state::App;
use crate::ask::standings;
use crate::io::store::{Reader, StoreError};
use crate::model::delivery::{Form, Letter, Purpose, Role};
use crate::render::mail::{Welcome, welcome};

/// How long the first readings are waited for. Years of releases take longer than a new reader's patience; what was
/// not read by then is named in the message.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

/// Writes the message for everybody who is to have it and has not had it.
///
/// # Errors
/// When the store cannot be read or written.
pub(super) async fn greet(app: &Arc<App>) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut written = None;
    let mut addresses = BTreeSet::new();
    for to in &app.recipients {
        let is_person = app.channels.form(&to.channel) == Form::Mail;
        if !to.courtesy.welcome || !is_person || !addresses.insert(&to.address) {
            continue;
        }
        let address = to.address.clone();
        let had = app.ask(move |reader| reader.last_letter(Purpose::Welcome, &address, None));
        if had.await?.is_some() {
            continue;
        }
        if written.is_none() {
            let asked = Arc::clone(app);
            written = app.ask(move |reader| today(reader, &asked, now)).await?;
        }
        // Not yet: there would be little to show.
        let Some(content) = &written else {
            return Ok(());
        };
        let hears = app.recipients.iter();
        let hears = hears.filter(|one| one.address == to.address);
        let roles: BTreeSet<Role> = hears.map(|one| one.role).collect();
        let outgoing = welcome(content, &roles, to, &app.envelope, now)
            .with_context(|| format!("the welcome for {} cannot be written", to.address))?;
        let tells = Vec::new();
        app.record_letter(Letter { outgoing, tells }).await?;
    }
    Ok(())
}

/// What it shows; `None` while the first readings are waited for.
fn today(reader: &Reader, app: &App, now: DateTime<Utc>) -> Result<Option<Welcome>, StoreError> {
    let Some(since) = reader.watching_since()? else {
        return Ok(None);
    };
    let sources = standings(Some(reader), &app.infos)?;
    let enabled = sources.iter().filter(|source| source.info.enabled);
    let (mut read, mut unread, mut is_reading) = (Vec::new(), Vec::new(), false);
    for source in enabled {
        let is_good = source
            .state
            .as_ref()
            .is_some_and(|state| state.last_good.is_some());
        let title = source.info.title.to_owned();
        if is_good {
            read.push(title);
        } else if let Some(problem) = source.problems.first() {
            unread.push(format!("{title}: {}", problem.problem.text));
        } else {
            is_reading = true;
            unread.push(format!("{title}: being read"));
        }
    }
    // Of a first reading that lies ahead nobody knows how long it was ago: the clock was wrong then.
    if is_reading && since <= now && now - since < PATIENCE {
        return Ok(None);
    }
    let day = now.with_timezone(&app.envelope.zone).date_naive();
    Ok(Some(Welcome {
        day,
        answers: answers(reader, app, day)?,
        read,
        unread,
        coming: coming(reader, day)?,
    }))
}
