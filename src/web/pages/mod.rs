//! The pages.

mod acknowledge;
mod change;
mod changes;
mod code;
mod evidence;
mod history;
mod outbox;
mod overview;
mod programs;
mod rules;
mod sources;
mod timeline;

pub(super) use acknowledge::{acknowledge, form as ack_form};
pub(super) use change::{alert, change};
pub(super) use changes::changes;
pub(super) use code::{code, look_up};
pub(super) use outbox::outbox;
pub(super) use overview::overview;
pub(super) use programs::programs;
pub(super) use rules::rules;
pub(super) use sources::sources;
