//! The interface for programs.

mod problem;

pub(super) use problem::problem;
