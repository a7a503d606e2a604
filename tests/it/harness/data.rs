//! The real CMS files that tests practise on. They are not part of the project: `COVERD_REAL_DATA`
//! names their folder (default `../shared/data`). Elsewhere the tests that need them say that they
//! are skipped; in CI their absence is a failure.

use std::path::PathBuf;

/// The folder of the real data, or `None` (said on standard error) where it is not at hand.
#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
pub(crate) fn real_data() -> Option<PathBuf> {
    let named = std::env::var_os("COVERD_REAL_DATA").map(PathBuf::from);
    let folder =
        named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    if folder.join("pfs").is_dir() {
        return Some(folder);
    }
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(
        !ci,
        "the real CMS files are missing: set COVERD_REAL_DATA (looked in {})",
        folder.display()
    );
    eprintln!(
        "SKIPPED: no real CMS files in {} (set COVERD_REAL_DATA)",
        folder.display()
    );
    None
}
