//! For monitors: whether coverd lives, and its figures in the text format of Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use super::error::WebError;
use super::site::Site;
use crate::ask::{Verdict, health, standings};

/// `/healthz`: that the page and the store answer, and nothing more, for everybody.
pub(super) async fn alive(State(site): State<Arc<Site>>) -> Response {
    match site.ask(|reader, _| Ok(reader.version()?)).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!("the store does not answer the page: {error}");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store does not answer\n",
            )
                .into_response()
        }
    }
}

/// `/metrics`
pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Result<Response, WebError> {
    let text = site
        .ask(|reader, site| {
            let setup = &site.setup;
            let standings = standings(Some(reader), &setup.sources)?;
            let health = health(reader, &setup.sources, setup.replayed, site.now())?;
            let outbox = reader.outbox_counts()?;
            let mut text = Exposition::default();
            let version = [("version", env!("CARGO_PKG_VERSION"))];
            text.family("coverd_build_info", "The running version.");
            text.value(&version, 1);
            text.family(
                "coverd_sees",
                "1 when every source can be read and every mail was sent.",
            );
            text.value(&[], i64::from(health.verdict() == Verdict::Well));
            text.family("coverd_source_enabled", "Whether the source is read.");
            for one in &standings {
                text.value(&[("source", one.info.id)], i64::from(one.info.enabled));
            }
            text.family(
                "coverd_source_last_good_timestamp_seconds",
                "When everything of the source could be read last.",
            );
            for one in &standings {
                let good = one.state.as_ref().and_then(|state| state.last_good);
                if let Some(at) = good {
                    text.value(&[("source", one.info.id)], at.timestamp());
                }
            }
            text.family(
                "coverd_source_next_due_timestamp_seconds",
                "When the source is looked at next.",
            );
            for one in &standings {
                if let Some(state) = &one.state {
                    text.value(&[("source", one.info.id)], state.next_due.timestamp());
                }
            }
            text.family(
                "coverd_source_open_problems",
                "Problems of the source that last.",
            );
            for one in &standings {
                text.value(&[("source", one.info.id)], count(one.problems.len() as u64));
            }
            text.family("coverd_outbox_messages", "Messages by state.");
            for (state, number) in [
                ("pending", outbox.pending),
                ("delivered", outbox.delivered),
                ("dead", outbox.dead),
            ] {
                text.value(&[("state", state)], count(number));
            }
            if let Some(oldest) = outbox.oldest_pending {
                text.family(
                    "coverd_outbox_oldest_pending_timestamp_seconds",
                    "When the oldest pending message was written.",
                );
                text.value(&[], oldest.timestamp());
            }
            Ok(text.text)
        })
        .await?;
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, text).into_response())
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The text format, families of gauges only.
#[derive(Debug, Default)]
struct Exposition {
    text: String,
    name: &'static str,
}

impl Exposition {
    /// Begins a family; values that follow belong to it.
    fn family(&mut self, name: &'static str, help: &str) {
        self.name = name;
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn value(&mut self, labels: &[(&str, &str)], value: i64) {
        self.text.push_str(self.name);
        if !labels.is_empty() {
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
                .collect();
            let _ = write!(self.text, "{{{}}}", labels.join(","));
        }
        let _ = writeln!(self.text, " {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_end_their_line() {
        let mut text = Exposition::default();
        text.family("coverd_x", "Help.");
        text.value(&[("a", "b\"\\\nc"), ("d", "e")], 7);
        text.value(&[], -1);
        let expected = "# HELP coverd_x Help.\n# TYPE coverd_x gauge\ncoverd_x{a=\"b\\\"\\\\\\nc\",d=\"e\"} 7\ncoverd_x -1\n";
        assert_eq!(text.text, expected);
    }
}
