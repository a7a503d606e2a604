//! Answers to the questions of the story.

mod layers;
mod made;
mod quarter;
mod words;
