//! The section `[web]`.

use std::net::SocketAddr;

use super::raw::RawWeb;
use super::resolve::{Resolver, origin, shorten};
use crate::web::{WebConfig, is_password_hash};

/// What to do before strangers can reach the page.
const BEYOND: &str = "this address can be reached from other machines, so the page must ask for a password: put the line that `coverd web password` prints into web.password_hash. The password travels as it is: let a web server with a certificate stand in front (Caddy: `coverd.practice.example { reverse_proxy 127.0.0.1:8787 }`), listen on 127.0.0.1, and set web.public_url = \"https://coverd.practice.example\"";

impl Resolver<'_> {
    /// How the page is reached; `None` is off.
    pub(super) fn web(&mut self, raw: &RawWeb) -> Option<WebConfig> {
        let listen = self.text("web.listen", &raw.listen);
        let hash = self.text("web.password_hash", &raw.password_hash);
        let public = self.text("web.public_url", &raw.public_url);
        let hosts: Vec<String> = raw.hosts.iter().map(|host| host.to_lowercase()).collect();
        let plain = |host: &String| {
            let parsed = url::Url::parse(&format!("http://{host}/"));
            parsed.is_ok_and(|url| url.host_str() == Some(host) && url.port().is_none())
        };
        if let Some(wrong) = hosts.iter().find(|host| !plain(host)) {
            let message = format!(
                "'{}' is no host: write a name or an address without port, such as \"coverd.practice.example\"",
                shorten(wrong)
            );
            self.wrong("web.hosts", message);
        }
        let public = if public.is_empty() {
            None
        } else {
            let url = origin(&public);
            if url.is_none() {
                self.wrong(
                    "web.public_url",
                    "write scheme and host without a path: \"https://coverd.practice.example\"",
                );
            }
            url
        };
        if !hash.is_empty() && !is_password_hash(&hash) {
            self.wrong(
                "web.password_hash",
                "this is no hash of a password: put the line there that `coverd web password` prints",
            );
        }
        if listen.is_empty() {
            return None;
        }
        let Ok(listen) = listen.parse::<SocketAddr>() else {
            let message = format!(
                "'{}' is no address with a port: write \"127.0.0.1:8787\", or \"\" for no page",
                shorten(&listen)
            );
            self.wrong("web.listen", message);
            return None;
        };
        if !listen.ip().is_loopback() {
            if hash.is_empty() {
                self.wrong("web.listen", BEYOND);
            }
            if listen.ip().is_unspecified() && public.is_none() && hosts.is_empty() {
                self.wrong(
                    "web.listen",
                    "on every address of this machine the page must know by which name it is asked for: set web.public_url or web.hosts",
                );
            }
        }
        Some(WebConfig {
            listen,
            public,
            hosts,
            password_hash: (!hash.is_empty()).then_some(hash),
        })
    }
}
