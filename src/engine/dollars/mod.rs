//! What the fee schedule pays, in dollars: relative values by place, times the conversion factor.
//!
//! payment = (work × work GPCI + PE × PE GPCI + MP × MP GPCI) × conversion factor, rounded once, at the end, to
//! the cent, half a cent upwards: so reckoned, the amounts are those of CMS's own payment files. Imaging is paid no
//! more than OPPS would pay: the same formula with the relative values that the row has for it.

mod day;
mod formula;
mod moves;
mod row;
#[cfg(test)]
mod tests;

pub use day::{payments, topics};
pub use formula::{Indices, RelativeValues, payment};
pub use moves::{Measure, name, payment_moves, places, services_moved};
