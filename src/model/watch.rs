//! What a practice watches.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{HcpcsCode, Service};
use super::topic::LocalityId;

/// The codes that are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codes {
    /// Every row of every list.
    All,
    /// Named rows. A code without modifier stands for its row without modifier only.
    Named(BTreeSet<Service>),
}

impl Codes {
    /// Whether the row is watched.
    pub fn contains(&self, service: Service) -> bool {
        match self {
            Self::All => true,
            Self::Named(services) => services.contains(&service),
        }
    }
}

/// A national coverage determination, linked by configuration to the codes that it governs: the
/// text of an NCD never names procedure codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NcdLink {
    /// The id of the Medicare Coverage Database (373 is NCD 30.3.3).
    pub id: u32,
    /// Its section of the NCD manual: `30.3.3`.
    pub section: String,
    /// The codes it governs.
    pub codes: BTreeSet<HcpcsCode>,
}

/// What is watched, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The practice's own codes: their changes are told.
    pub codes: Codes,
    /// Codes of other services that are easily confused with them: history, never an alert.
    pub look_alikes: BTreeSet<Service>,
    /// Words whose mention makes a policy interesting; compared without regard to case.
    pub words: BTreeSet<String>,
    /// Codes that the practice bills for the same patient on the same day.
    pub billed_with: BTreeSet<HcpcsCode>,
    /// Localities whose GPCIs and counties are kept.
    pub localities: BTreeSet<LocalityId>,
    /// NCDs by id.
    pub ncds: BTreeMap<u32, NcdLink>,
}

impl Watch {
    /// Whether facts about the row are kept: it is watched or a look-alike.
    pub fn keeps(&self, service: Service) -> bool {
        self.codes.contains(service) || self.look_alikes.contains(&service)
    }

    /// The rows that must be found or declared absent; under `codes = "all"` only the look-alikes
    /// are named.
    pub fn named_services(&self) -> BTreeSet<Service> {
        match &self.codes {
            Codes::All => self.look_alikes.clone(),
            Codes::Named(services) => services.union(&self.look_alikes).copied().collect(),
        }
    }
}
