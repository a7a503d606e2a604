//! What the tests share: local servers, the real data, a clock.

pub(crate) mod alerts;
pub(crate) mod cms;
pub(crate) mod data;
pub(crate) mod eight_years;
pub(crate) mod filled;
pub(crate) mod network;
pub(crate) mod pdf;
pub(crate) mod rule_alerts;
pub(crate) mod rulemaking;
pub(crate) mod run;
pub(crate) mod smtp;
pub(crate) mod watch;
pub(crate) mod world;
