//! The section `[heartbeat]`.

use std::time::Duration;

use url::Url;

use super::raw::RawHeartbeat;
use super::resolve::Resolver;
use super::settings::Heartbeat;

/// Most minutes between two calls: a day.
const LONGEST: u32 = 24 * 60;

impl Resolver<'_> {
    /// Who is told that all is well; `None` is nobody.
    pub(super) fn heartbeat(&mut self, raw: &RawHeartbeat) -> Option<Heartbeat> {
        let text = self.text("heartbeat.url", &raw.url);
        if !(1..=LONGEST).contains(&raw.minutes) {
            self.wrong(
                "heartbeat.minutes",
                format!("{} is not from 1 to {LONGEST}", raw.minutes),
            );
        }
        if text.is_empty() {
            return None;
        }
        let url = Url::parse(&text).ok().filter(|url| {
            let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
            url.scheme() == "https" || (url.scheme() == "http" && is_here)
        });
        let Some(url) = url else {
            self.wrong(
                "heartbeat.url",
                "write the https address that the monitoring service gave you; plain http is for this machine",
            );
            return None;
        };
        Some(Heartbeat {
            url,
            every: Duration::from_mins(u64::from(raw.minutes)),
        })
    }
}
