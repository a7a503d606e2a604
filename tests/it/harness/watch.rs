//! What a practice for dry needling watches, as in `config/coverd.toml`.

use std::collections::{BTreeMap, BTreeSet};

use coverd::model::watch::{Codes, NcdLink, Watch};

/// The codes, look-alikes, words and NCDs of the shipped configuration.
pub(crate) fn dry_needling() -> Watch {
    let ncd = |id, section: &str| {
        let link = NcdLink {
            id,
            section: section.to_owned(),
            codes: ["20560", "20561"]
                .map(|code| code.parse().expect("a code"))
                .into(),
        };
        (id, link)
    };
    let services = |codes: &[&str]| {
        codes
            .iter()
            .map(|code| code.parse().expect("a code"))
            .collect()
    };
    Watch {
        codes: Codes::Named(services(&["20560", "20561"])),
        look_alikes: services(&["20552", "20553", "97810", "97811", "97813", "97814"]),
        words: ["dry needling", "trigger point"].map(str::to_owned).into(),
        billed_with: BTreeSet::new(),
        localities: BTreeSet::new(),
        ncds: BTreeMap::from([
            ncd(373, "30.3.3"),
            ncd(11, "30.3"),
            ncd(283, "30.3.1"),
            ncd(284, "30.3.2"),
        ]),
    }
}
