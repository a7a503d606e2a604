//! The one list of sources.

use std::sync::Arc;

use super::{Source, ncd, pfs};

/// Every source, in the order in which it is listed. A new source is one line here.
pub fn all() -> Vec<Arc<dyn Source>> {
    vec![Arc::new(pfs::Pfs::default()), Arc::new(ncd::Ncd::default())]
}
