//! From the configuration to the channels that messages leave by.

use std::sync::Arc;
use std::time::Duration;

use super::config::{Config, Hook, HookWay, MailChannel, Smtp as SmtpServer, Tls};
use super::exit::{Classify, Exit, Failure};
use crate::io::channels::command::{CommandChannel, CommandConfig};
use crate::io::channels::file::{FileChannel, FileConfig};
use crate::io::channels::relay::{self, SmtpConfig};
use crate::io::channels::smtp::Smtp;
use crate::io::channels::webhook::{Webhook, WebhookConfig};
use crate::io::channels::{Channel, Channels};
use crate::io::clock::Clock;

/// How long a hook may take for one message.
const HOOK_DEADLINE: Duration = Duration::from_secs(30);

/// The configured ways out: mail, and each hook under a name of its own.
///
/// # Errors
/// When a password, a secret or a certificate cannot be read.
pub fn channels(config: &Config, clock: &Arc<dyn Clock>) -> Result<Channels, Failure> {
    let channel = match &config.mail.channel {
        MailChannel::File { dir } => {
            Channel::File(FileChannel::new(FileConfig { dir: dir.clone() }))
        }
        MailChannel::Smtp(server) => Channel::Smtp(Box::new(relay_with(server, login(server)?)?)),
    };
    let mut channels = Channels::new().with(config.mail.channel.id(), channel);
    for hook in &config.hooks {
        channels = channels.with(&hook.to.channel, way(hook, clock)?);
    }
    Ok(channels)
}

/// The account at the mail server, with its password.
///
/// # Errors
/// When the password cannot be read.
pub fn login(server: &SmtpServer) -> Result<Option<relay::Login>, Failure> {
    let Some(login) = &server.login else {
        return Ok(None);
    };
    Ok(Some(relay::Login {
        user: login.user.clone(),
        password: login.password.read().or_exit(Exit::Configuration)?,
    }))
}

/// The mail server; nothing is connected yet.
///
/// # Errors
/// When a certificate cannot be read.
pub fn relay_with(server: &SmtpServer, login: Option<relay::Login>) -> Result<Smtp, Failure> {
    let tls = match server.tls {
        Tls::StartTls => relay::Tls::StartTls,
        Tls::Implicit => relay::Tls::Implicit,
        Tls::None => relay::Tls::None,
    };
    let smtp = SmtpConfig {
        host: server.host.clone(),
        port: server.port,
        tls,
        login,
        ca_file: server.ca_file.clone(),
        hello: None,
        deadline: server.timeout,
    };
    Smtp::new(smtp).or_exit(Exit::Configuration)
}

fn way(hook: &Hook, clock: &Arc<dyn Clock>) -> Result<Channel, Failure> {
    Ok(match &hook.way {
        HookWay::Command(command) => Channel::Command(CommandChannel::new(CommandConfig {
            command: command.clone(),
            deadline: HOOK_DEADLINE,
        })),
        HookWay::Webhook { url, secret } => {
            let webhook = WebhookConfig {
                url: url.clone(),
                secret: secret.read().or_exit(Exit::Configuration)?,
                deadline: HOOK_DEADLINE,
            };
            let webhook = Webhook::new(webhook, Arc::clone(clock)).or_exit(Exit::Configuration)?;
            Channel::Webhook(Box::new(webhook))
        }
    })
}
