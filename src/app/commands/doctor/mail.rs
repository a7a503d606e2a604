//! The way of the mail, tried as far as it goes without sending anything.

use std::collections::BTreeSet;
use std::path::Path;

use secrecy::SecretString;

use super::finding::Finding;

use crate::app::channels::{login, relay_with};
use crate::app::config::{Config, MailChannel, Smtp};
use crate::app::exit::Exit;
use crate::io::channels::probe::{Stage, Tried};
use crate::io::channels::relay;

/// Tries the mail server with every recipient, or the folder that stands for it.
pub(in crate::app::commands) async fn try_mail(config: &Config) -> Vec<Finding> {
    match &config.mail.channel {
        MailChannel::File { dir } => vec![folder(dir)],
        MailChannel::Smtp(server) => try_server(config, server, None).await,
    }
}

/// Tries a mail server with every recipient; `password` goes before the one that is configured.
pub(in crate::app::commands) async fn try_server(
    config: &Config,
    server: &Smtp,
    password: Option<&SecretString>,
) -> Vec<Finding> {
    let addresses: BTreeSet<&str> = config
        .recipients
        .iter()
        .map(|recipient| recipient.address.as_str())
        .collect();
    let addresses: Vec<String> = addresses.into_iter().map(str::to_owned).collect();
    let login = match (&server.login, password) {
        (Some(login), Some(password)) => Ok(Some(relay::Login {
            user: login.user.clone(),
            password: password.clone(),
        })),
        _ => login(server),
    };
    match login.and_then(|login| relay_with(server, login)) {
        Err(failure) => vec![
            Finding::wrong("mail", Exit::Configuration, failure).remedied(
                "correct [mail]; the password is in /etc/coverd/smtp-password, which root may read",
            ),
        ],
        Ok(smtp) => {
            let tried = smtp.probe(&config.mail.from, &addresses).await;
            let at = format!("{}:{}", server.host, server.port);
            tried.iter().map(|one| step(one, &at)).collect()
        }
    }
}

fn folder(dir: &Path) -> Finding {
    Finding::look(
        "mail",
        format!(
            "messages are written as files into {}, and nobody gets them",
            dir.display()
        ),
        "set mail.channel = \"smtp\" and the server (`coverd setup` asks and tries it)",
    )
}

fn step(tried: &Tried, at: &str) -> Finding {
    let (what, remedy) = match &tried.stage {
        Stage::Name => (
            "mail: name".to_owned(),
            "correct mail.host, or the name servers of this machine (/etc/resolv.conf)",
        ),
        Stage::Port => (
            "mail: port".to_owned(),
            "correct mail.port (587 for starttls, 465 for implicit); where it is right, a firewall or the provider keeps this machine from it",
        ),
        Stage::Tls => (
            "mail: TLS".to_owned(),
            "use the name that is in the server's certificate as mail.host; for an authority of your own name its certificate in mail.ca_file; tls = \"implicit\" goes with port 465, \"starttls\" with 587",
        ),
        Stage::Login => (
            "mail: login".to_owned(),
            "correct mail.user and the password in /etc/coverd/smtp-password; many providers want a password made for programs (\"app password\")",
        ),
        Stage::Sender => (
            "mail: sender".to_owned(),
            "set mail.from to an address that this account may send from",
        ),
        Stage::Recipient(address) => (
            format!("mail: to {address}"),
            "correct the address; where the server says \"relay\", it wants a login (mail.user) before it takes mail to others",
        ),
    };
    match &tried.result {
        Ok(words) => Finding::well(what, format!("{at}: {words}")),
        Err(why) => Finding::wrong(what, Exit::DeliveryDead, why).remedied(remedy),
    }
}
