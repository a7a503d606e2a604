//! Dollars against figures reckoned by hand and against CMS's own.

mod changes;
mod figures;
mod made;
mod moved;
mod needs;
mod values;
mod worth;
