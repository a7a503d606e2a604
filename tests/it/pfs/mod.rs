//! The relative value files: real releases, made ones, and the pages that lead to them.

mod discovery;
mod localities;
pub(crate) mod made;
mod real;
mod releases;
