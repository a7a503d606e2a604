//! `coverd run`, `coverd check`, `coverd backfill` and `coverd mail-test`.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::app::channels::channels;
use crate::app::check::{Mode, Pass, check_source};
use crate::app::cli::{BackfillArgs, CheckArgs, MailTestArgs};
use crate::app::control;
use crate::app::daemon;
use crate::app::deliver::{Delivered, deliver_due};
use crate::app::exit::{Classify, Exit, Failure};
use crate::app::state::App;
use crate::app::wiring;
use crate::io::clock::{Clock, SystemClock};
use crate::io::control::{ControlClient, ControlError};
use crate::io::lock::{InstanceLock, LOCK, LockError};
use crate::model::delivery::{Outcome, Role};
use crate::model::health::ProblemKind;
use crate::render::mail::test_message;

/// Longest wait for a check that a running daemon was asked for.
const PATIENCE: Duration = Duration::from_hours(3);

/// How long work on other threads may go on when the program ends. What is cut off is not recorded
/// and done again.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Runs for good.
pub fn run(context: &Context) -> Result<Exit, Failure> {
    context
        .config
        .require_recipients(Role::Practice)
        .or_exit(Exit::Configuration)?;
    let lock = lock(context)?;
    let app = wiring::on_network(&context.config)?;
    let page = wiring::page(&context.config, Arc::clone(&app.clock))?;
    let runtime = context.runtime()?;
    let ran = runtime.block_on(async {
        let stop = CancellationToken::new();
        let signals = control::stop_on_signals(stop.clone())?;
        let server = control::serve(&lock, Arc::clone(&app))?;
        let ran = daemon::run(app, page, stop).await;
        signals.abort();
        server.abort();
        ran
    });
    end(runtime);
    ran?;
    Ok(Exit::Done)
}

/// Ends the threads, but does not wait for a reading that hangs: it ends with the process.
fn end(runtime: Runtime) {
    runtime.shutdown_timeout(LAST_WORK);
}

fn lock(context: &Context) -> Result<InstanceLock, Failure> {
    let store = &context.config.store;
    let stranger = belongs_to_another(store);
    // Of a running service nothing is written here: it is asked. Its lock says whether it runs, and is not made by root.
    if stranger && !store.join(LOCK).exists() {
        return Err(not_as_another(store));
    }
    wiring::create_private(&context.config.store)?;
    let lock = InstanceLock::acquire(&context.config.store).map_err(|error| {
        let exit = match &error {
            LockError::AlreadyRunning { .. } => Exit::AlreadyRunning,
            LockError::Io { .. } => Exit::Unexpected,
        };
        Failure::new(exit, error)
    })?;
    if stranger {
        return Err(not_as_another(store));
    }
    wiring::open_blobs(&context.config)?.sweep();
    Ok(lock)
}

/// What root writes into the store of the service, the service cannot write any more.
fn belongs_to_another(store: &Path) -> bool {
    let user = rustix::process::geteuid();
    user.is_root() && std::fs::metadata(store).is_ok_and(|folder| folder.uid() != user.as_raw())
}

fn not_as_another(store: &Path) -> Failure {
    let words = format!("{} belongs to another user than root", store.display());
    Failure::message(Exit::Usage, words)
        .next("let its owner do it: runuser -u coverd -- coverd ...; or start the service, which is asked then")
}

/// One pass over the sources; where a daemon runs, by asking it.
pub fn check(args: &CheckArgs, context: &Context) -> Result<Exit, Failure> {
    let ids: Vec<&'static str> = crate::sources::all(&context.config.sources.settings)
        .iter()
        .map(|source| source.meta().id)
        .collect();
    if let Some(unknown) = args.sources.iter().find(|id| !ids.contains(&id.as_str())) {
        return Err(
            Failure::message(Exit::Usage, format!("there is no source '{unknown}'"))
                .next(format!("the sources are {}", ids.join(", "))),
        );
    }
    let lock = match lock(context) {
        Ok(lock) => lock,
        Err(held) if held.exit == Exit::AlreadyRunning => return ask_daemon(args, context, held),
        Err(failure) => return Err(failure),
    };
    let app = wiring::on_network(&context.config)?;
    let runtime = context.runtime()?;
    // Delivered first and told afterwards: that nobody reads what is printed, or that there is no room for it, must
    // not keep mail from going.
    let done = runtime.block_on(async {
        let passes = pass(&app, &args.sources, Mode::Watch).await?;
        let delivered = if args.no_deliver {
            Ok(Delivered::default())
        } else {
            deliver_due(&app, &CancellationToken::new()).await
        };
        Ok::<_, Failure>((passes, delivered))
    });
    end(runtime);
    let (passes, delivered) = done?;
    drop(app);
    drop(lock);
    let (mut said, mut exit) = report(&passes);
    if let Ok(delivered) = &delivered {
        if delivered.accepted + delivered.deferred + delivered.dead > 0 {
            let _ = writeln!(
                said,
                "mail: {} delivered, {} to be tried again, {} given up",
                delivered.accepted, delivered.deferred, delivered.dead
            );
        }
        if delivered.dead > 0 && exit == Exit::Done {
            exit = Exit::DeliveryDead;
        }
    }
    print(&said)?;
    delivered?;
    Ok(exit)
}

/// What was done is in the exit code, too, so that a reader who went away changes nothing.
fn print(said: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(said.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

async fn pass(app: &Arc<App>, sources: &[String], mode: Mode) -> anyhow::Result<Vec<Pass>> {
    let mut passes = Vec::new();
    for (id, scheduled) in &app.sources {
        if sources.is_empty() || sources.iter().any(|asked| asked == id) {
            let _turn = scheduled.turn().await;
            let progress = |text: &str| {
                let _ = writeln!(
                    std::io::stderr(),
                    "{}",
                    crate::render::escape::harmless(text)
                );
            };
            passes.push(check_source(app, &scheduled.source, mode, &progress).await?);
        }
    }
    Ok(passes)
}

/// How the passes went, in words; the exit code says whether something could not be read.
fn report(passes: &[Pass]) -> (String, Exit) {
    let (mut said, mut exit) = (String::new(), Exit::Done);
    for pass in passes {
        // A text takes whatever is written.
        let _ = writeln!(said, "{}", summary(pass));
        for problem in &pass.problems {
            let text = crate::render::escape::harmless(&problem.text);
            let _ = writeln!(said, "  {}: {text}", problem.kind);
            if problem.kind != ProblemKind::Concern {
                exit = Exit::SourceUnreadable;
            }
        }
    }
    (said, exit)
}

fn summary(pass: &Pass) -> String {
    format!(
        "{}: {} documents listed, {} read anew, {} alerts, {} problems",
        pass.source,
        pass.units,
        pass.read,
        pass.alerts,
        pass.problems.len()
    )
}

fn ask_daemon(args: &CheckArgs, context: &Context, held: Failure) -> Result<Exit, Failure> {
    let client = ControlClient::new(&context.config.store);
    let request = json!({"do": "check", "sources": args.sources});
    let asked = context.runtime()?.block_on(client.ask(&request, PATIENCE));
    let answer = match asked {
        Ok(answer) => answer,
        // The store is held by a command, or by a daemon that is about to start or to stop.
        Err(ControlError::NotRunning(_)) => {
            return Err(held.next("try again when that process has ended or is ready"));
        }
        Err(error) => return Err(Failure::new(Exit::AlreadyRunning, error)),
    };
    if let Some(error) = answer.get("error").and_then(Value::as_str) {
        let words = crate::render::escape::harmless(error);
        return Err(Failure::message(
            Exit::Unexpected,
            format!("the running coverd did not look: {words}"),
        ));
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "The running coverd looked:")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for line in answer
        .get("lines")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        writeln!(out, "{}", crate::render::escape::harmless(&text(line)))?;
    }
    let well = answer.get("well").and_then(Value::as_bool).unwrap_or(false);
    Ok(if well {
        Exit::Done
    } else {
        Exit::SourceUnreadable
    })
}

/// Reads the releases of past years into the history.
pub fn backfill(args: &BackfillArgs, context: &Context) -> Result<Exit, Failure> {
    let _lock = lock(context)?;
    let app = wiring::on_network(&context.config)?;
    let mode = Mode::Backfill {
        since_year: args.since.unwrap_or(app.since_year),
    };
    let runtime = context.runtime()?;
    let passes = runtime.block_on(pass(&app, &[], mode));
    end(runtime);
    let (said, exit) = report(&passes?);
    print(&said)?;
    Ok(exit)
}

/// Sends a message outside the outbox, at once, and says how each server answered.
pub fn mail_test(args: &MailTestArgs, context: &Context) -> Result<Exit, Failure> {
    let config = &context.config;
    let mut recipients = config.recipients.clone();
    if let Some(to) = &args.to {
        let template = recipients.first().cloned();
        recipients.retain(|recipient| recipient.address == *to);
        if let (true, Some(mut other)) = (recipients.is_empty(), template) {
            other.address.clone_from(to);
            other.name.clear();
            recipients.push(other);
        }
    }
    if recipients.is_empty() {
        return Err(
            Failure::message(Exit::Configuration, "there is nobody to send to")
                .next("add a [[recipient]] to the configuration"),
        );
    }
    let channels = channels(config, &(Arc::new(SystemClock) as Arc<dyn Clock>))?;
    let envelope = wiring::envelope(config);
    let runtime = context.runtime()?;
    let mut exit = Exit::Done;
    let mut out = std::io::stdout().lock();
    for recipient in &recipients {
        let message =
            test_message(recipient, &envelope, SystemClock.now()).or_exit(Exit::Configuration)?;
        match runtime.block_on(channels.send(&message)) {
            Outcome::Accepted(words) => writeln!(out, "{}: accepted ({words})", recipient.address)?,
            Outcome::Deferred(words) => {
                writeln!(out, "{}: not now ({words})", recipient.address)?;
                exit = Exit::DeliveryDead;
            }
            Outcome::Refused(words) => {
                writeln!(out, "{}: refused ({words})", recipient.address)?;
                exit = Exit::DeliveryDead;
            }
        }
    }
    Ok(exit)
}
