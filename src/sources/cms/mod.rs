//! What the sources that read www.cms.gov share: how its pages link to files, and what it means when
//! the list of a quarterly series lacks a quarter.

pub mod links;
pub mod quarters;
