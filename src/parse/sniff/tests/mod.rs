//! One door, many made bodies. The real pages are in `tests/it/fetch.rs`.

mod forms;
mod made;
mod obstacles;
