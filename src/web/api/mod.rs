//! The interface for programs: the same answers as the pages, as JSON, described by an OpenAPI document
//! that is made from this code.

mod asked;
mod changes;
mod codes;
mod document;
mod problem;
mod standing;

pub(super) use document::router;
pub(super) use problem::problem;
