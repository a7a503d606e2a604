//! How a running daemon is told to stop, or asked to look.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::daemon::check_now;
use super::state::App;
use crate::io::control::ControlServer;
use crate::io::lock::InstanceLock;
use crate::model::health::ProblemKind;

/// Cancels the token at SIGTERM, SIGINT or SIGHUP.
pub fn stop_on_signals(stop: CancellationToken) -> anyhow::Result<JoinHandle<()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(tokio::spawn(async move {
        let received = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            _ = hangup.recv() => "SIGHUP",
        };
        tracing::info!("{received} received, stopping");
        stop.cancel();
    }))
}

/// Answers `coverd check` beside the daemon.
pub fn serve(lock: &InstanceLock, app: Arc<App>) -> anyhow::Result<JoinHandle<()>> {
    let server = ControlServer::bind(lock)?;
    Ok(tokio::spawn(
        server.serve(move |request| answer(Arc::clone(&app), request)),
    ))
}

async fn answer(app: Arc<App>, request: Value) -> Value {
    if request.get("do").and_then(Value::as_str) != Some("check") {
        return json!({"error": "this coverd understands {\"do\": \"check\"} only"});
    }
    let asked: Vec<&str> = request
        .get("sources")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let (mut lines, mut well) = (Vec::new(), true);
    for (id, scheduled) in &app.sources {
        if !asked.is_empty() && !asked.contains(id) {
            continue;
        }
        let checked = {
            let _turn = scheduled.turn().await;
            check_now(&app, scheduled).await
        };
        if let Ok(Some(pass)) = checked {
            well &= pass
                .problems
                .iter()
                .all(|problem| problem.kind == ProblemKind::Concern);
            lines.push(format!(
                "{id}: {} documents listed, {} read anew, {} alerts",
                pass.units, pass.read, pass.alerts
            ));
            lines.extend(
                pass.problems
                    .iter()
                    .map(|problem| format!("  {}: {}", problem.kind, problem.text)),
            );
        } else {
            well = false;
            lines.push(format!(
                "{id}: the check failed; the log of the service says why"
            ));
        }
    }
    json!({"lines": lines, "well": well})
}
