//! The rules of the fee schedule (Addendum B) and the therapy code list.

mod addenda;
mod addenda_damage;
mod therapy;
