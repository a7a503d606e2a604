//! What the tests share: local servers, the real data, a clock.

pub mod alerts;
pub mod cms;
pub mod data;
pub mod smtp;
