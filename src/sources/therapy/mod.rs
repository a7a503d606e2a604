//! The annual therapy code list: which procedure codes are *always* therapy, whoever furnishes them, and
//! which are *sometimes* therapy. It decides under which benefit, by whom and with which modifiers a
//! service may be billed; a code that it does not name is not therapy for Medicare.
//!
//! * `page` and `discovery` find the lists of the years on one page of www.cms.gov;
//! * `code_list` reads a list from rows, `pdf` makes rows of the text of a PDF;
//! * `designation` knows how always and sometimes are written;
//! * `checks` says what a list must have to be believed, `extract` says what it says.

mod checks;
mod code_list;
mod designation;
mod discovery;
mod extract;
mod page;
mod pdf;
mod source;

pub use checks::Checks;
pub use discovery::PAGE_URL;
pub use source::Therapy;
