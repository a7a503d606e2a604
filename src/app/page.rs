//! The page as one more task of the service: that it fails is told, and ends nothing else.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::check::notify_operator;
use super::state::App;
use crate::engine::health::assess;
use crate::model::health::{Problem, ProblemKind};
use crate::model::record::CheckRecord;
use crate::web::{AckDesk, KeepAck, Setup, serve};

/// What the page's problems are filed under.
const PAGE: &str = "web";

/// Pause before it is tried again.
const AGAIN: Duration = Duration::from_mins(1);

/// Serves the page until the service stops; tries again for ever.
pub(super) async fn serve_page(app: Arc<App>, mut setup: Setup, stop: CancellationToken) {
    setup.acknowledge = desk(&app);
    while !stop.is_cancelled() {
        let listen = setup.config.listen;
        let failure = match TcpListener::bind(listen).await {
            Ok(listener) => {
                tracing::info!("the page is at http://{listen}/");
                report(&app, &setup, None).await;
                let work = serve(listener, setup.clone(), stop.clone());
                // A task of its own: a panic ends the page and not the service.
                match AbortOnDropHandle::new(tokio::spawn(work)).await {
                    Ok(Ok(())) => return,
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => "it ended by a defect; please report this".to_owned(),
                }
            }
            Err(error) => bind_words(&error),
        };
        tracing::error!("the page at {listen} is not served: {failure}");
        report(&app, &setup, Some(failure)).await;
        stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
    }
}

/// Where the page hands what somebody acknowledges; only links that were sent lead there.
fn desk(app: &Arc<App>) -> Option<AckDesk> {
    let key = app.links.as_ref()?.key.clone();
    let app = Arc::clone(app);
    let record: Arc<KeepAck> = Arc::new(move |ack| {
        let app = Arc::clone(&app);
        Box::pin(async move {
            app.acknowledge(ack)
                .await
                .map_err(|error| format!("{error:#}"))
        })
    });
    Some(AckDesk { key, record })
}

fn bind_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens at this address".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "this user may not listen there (ports below 1024 are the system's)".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        _ => error.to_string(),
    }
}

/// Tells the operator, once, and when it is over.
async fn report(app: &Arc<App>, setup: &Setup, failure: Option<String>) {
    if let Err(fault) = record(app, setup, failure).await {
        tracing::error!("how the page stands could not be recorded: {fault:#}");
    }
}

async fn record(app: &Arc<App>, setup: &Setup, failure: Option<String>) -> anyhow::Result<()> {
    let found: Vec<Problem> = failure
        .into_iter()
        .map(|text| Problem {
            source: PAGE.to_owned(),
            subject: setup.config.listen.to_string(),
            kind: ProblemKind::Page,
            text: format!("the page at {} is not served: {text}", setup.config.listen),
            remedy: "coverd tries again every minute; free the address, or name another one with [web] listen and start the service anew".to_owned(),
        })
        .collect();
    let open = app.open_problems(PAGE).await?;
    if found.is_empty() && open.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    // Problems of an address that is no longer configured are over as well.
    let assessment = assess(open, found, |_| true, now);
    let mut mail = CheckRecord::new(PAGE, now);
    notify_operator(app, &mut mail, &assessment)
        .await
        .context("the notice cannot be written")?;
    mail.problems = assessment.record;
    app.record(mail).await
}
