//! coverd watches what the Centers for Medicare & Medicaid Services publish and tells a practice,
//! with proof, when coverage, payment or billing rules of its codes change.
//!
//! The layers and what each may use are listed in ARCHITECTURE.md and enforced by
//! `tests/it/layers.rs`.

pub mod app;
pub mod ask;
pub mod engine;
pub mod io;
pub mod model;
pub mod parse;
pub mod render;
pub mod sources;
pub mod web;
