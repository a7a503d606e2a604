//! Rules, proposed rules and notices of CMS in the Federal Register, and its public inspection desk.

mod address;
mod corrections;
mod desk;
mod discovery;
mod docket;
mod filed;
mod full_text;
mod list;
mod naming;
mod record;
mod settings;
mod source;
mod statements;
mod text_reader;

pub use docket::{Kind, dockets};
pub use full_text::{FullText, full_text};
pub use settings::FederalRegisterSettings;
pub use source::FederalRegister;
