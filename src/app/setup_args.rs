//! The command line of `coverd setup`.
#![expect(
    clippy::doc_markdown,
    reason = "the comments here are the help texts, in which backticks would be seen"
)]

use std::path::PathBuf;

use clap::Args;

use super::config::Tls;
use crate::sources::pfs::ZipCode;

/// `setup`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
What is not given is asked for, on a terminal. The file is that of --config, or /etc/coverd/coverd.toml.

Examples:
  coverd setup
  coverd setup --practice \"Elm Street PT\" --recipient billing@elm.example --operator it@elm.example \\
      --mail-host mail.elm.example --mail-user coverd@elm.example --password-file mail-password")]
pub struct SetupArgs {
    /// Name of the practice, for its mails
    #[arg(long, value_name = "NAME")]
    pub practice: Option<String>,
    /// Who is told about changes at CMS; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub recipient: Vec<String>,
    /// Who is told about trouble with coverd itself [default: the first recipient]
    #[arg(long, value_name = "ADDRESS")]
    pub operator: Vec<String>,
    /// Where CMS can reach you about the requests [default: the first operator]
    #[arg(long, value_name = "ADDRESS")]
    pub contact: Option<String>,
    /// A code that you bill; may be given several times [default: 20560 and 20561]
    #[arg(long, value_name = "CODE")]
    pub code: Vec<String>,
    /// The mail server, or \"none\" to write mails into files
    #[arg(long, value_name = "HOST")]
    pub mail_host: Option<String>,
    /// Its port [default: 587 for starttls, 465 for implicit, 25 for none]
    #[arg(long, value_name = "PORT")]
    pub mail_port: Option<u16>,
    /// How the conversation with it is protected [default: starttls]
    #[arg(long, value_name = "WAY")]
    pub mail_tls: Option<Tls>,
    /// The account at it, or \"none\" for a server without login
    #[arg(long, value_name = "USER")]
    pub mail_user: Option<String>,
    /// A file with the password of the account; it is copied, for root alone
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The sender [default: the account, where it is an address, else coverd at the mail server's domain]
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// Certificate authority (PEM) of a mail server with a certificate of your own
    #[arg(long, value_name = "FILE")]
    pub mail_ca: Option<PathBuf>,
    /// A payment locality, as contractor and number (01112-05); may be given several times
    #[arg(long, value_name = "LOCALITY")]
    pub locality: Vec<String>,
    /// A county of the practice, with its state, to find the locality in CMS's newest file: \"CA: Alameda\"
    #[arg(long, value_name = "STATE: COUNTY")]
    pub county: Vec<String>,
    /// A ZIP code of the practice, to find the locality in CMS's newest file of ZIP codes
    #[arg(long, value_name = "ZIP")]
    pub zip: Vec<ZipCode>,
    /// Time zone of the practice [default: that of this machine, else America/New_York]
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Ask nothing: what is not given has its default, and what has none is an error
    #[arg(long)]
    pub non_interactive: bool,
    /// What to do in spite of something.
    #[command(flatten)]
    pub insist: Insist,
    /// Do not start the service
    #[arg(long)]
    pub no_start: bool,
}

/// What is done in spite of something only when it is asked for.
#[derive(Debug, Clone, Copy, Args)]
pub struct Insist {
    /// Write the configuration although the mail server did not take everything
    #[arg(long)]
    pub keep_going: bool,
    /// Replace a configuration that says something already; it is kept beside, as coverd.toml.before-setup
    #[arg(long)]
    pub replace: bool,
}
