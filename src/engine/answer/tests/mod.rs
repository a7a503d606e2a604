//! Answers to the questions of the story.

mod amounts;
mod coming;
mod documents;
mod held;
mod hospitals;
mod layers;
mod made;
mod national;
mod needs;
mod quarter;
mod words;
