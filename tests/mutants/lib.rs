//! The engine and its words, without the rest.
pub mod engine;
pub mod model;
