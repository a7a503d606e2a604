//! The one list of sources.

use std::sync::Arc;

use super::federal_register::{FederalRegister, FederalRegisterSettings};
use super::{
    Source, local_coverage, nca, ncci, ncd, opps, page, pfs, pfs_rules, therapy, transmittals,
};

/// What can be configured about sources beside when they are read: one field for each source that
/// has something to configure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The configured pages.
    pub pages: Vec<page::PageSettings>,
    /// Contractors and states whose policies are read.
    pub local_coverage: local_coverage::Scope,
    /// Which documents of the Federal Register are looked through.
    pub federal_register: FederalRegisterSettings,
}

/// Every source, in the order in which it is listed. A new source is one line here.
pub fn all(settings: &Settings) -> Vec<Arc<dyn Source>> {
    vec![
        Arc::new(pfs::Pfs::default()),
        Arc::new(ncd::Ncd::default()),
        Arc::new(nca::Nca),
        Arc::new(pfs_rules::PfsRules::default()),
        Arc::new(therapy::Therapy::default()),
        Arc::new(transmittals::Transmittals),
        Arc::new(local_coverage::LocalCoverage::new(
            settings.local_coverage.clone(),
        )),
        Arc::new(opps::Opps::default()),
        Arc::new(ncci::Ncci::default()),
        Arc::new(FederalRegister::new(settings.federal_register.clone())),
        Arc::new(page::Pages::new(&settings.pages)),
    ]
}
