//! The configuration that everything is measured with: the default one, on loopback.

use std::path::{Path, PathBuf};

use coverd::app::commands::check_schedule;
use coverd::app::config::{Config, Environment};
use coverd::model::watch::Watch;

/// The default watch: two codes, six look-alikes, four determinations.
pub(crate) fn watch() -> Watch {
    let config = Config::from_text(None, "", &Environment::default(), check_schedule);
    config.unwrap().watch
}

/// Writes a configuration into the folder, with a store and mails in it.
pub(crate) fn write(folder: &Path, more: &str) -> PathBuf {
    let text = format!(
        "{more}\n[practice]\nname = \"Bench\"\n[store]\ndir = \"store\"\n[mail]\nchannel = \"file\"\nfrom = \"coverd@practice.example\"\ndir = \"mail\"\n\
         [[recipient]]\naddress = \"billing@practice.example\"\n[[recipient]]\naddress = \"it@practice.example\"\nrole = \"operator\"\n"
    );
    let file = folder.join("coverd.toml");
    std::fs::write(&file, text).unwrap();
    file
}

pub(crate) fn load(file: &Path) -> Config {
    Config::load(Some(file), &Environment::default(), check_schedule).unwrap()
}
