//! The pure layers of coverd, by path, and what the targets share.

#[path = "../../src/engine/mod.rs"]
pub mod engine;
#[path = "../../src/model/mod.rs"]
pub mod model;
#[path = "../../src/parse/mod.rs"]
pub mod parse;
#[path = "../../src/render/mod.rs"]
pub mod render;
#[path = "../../src/sources/mod.rs"]
pub mod sources;

pub mod made;
pub mod reading;
