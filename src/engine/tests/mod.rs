//! Decisions that no single file makes alone: what is told, how far a rule has come, what stays.

mod alerts;
mod histories;
mod layers;
mod made;
mod occasion;
mod phases;
mod weights;

pub(crate) use made::{Say, day, fact, facts, status};
