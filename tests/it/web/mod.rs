//! The page, over HTTP.

mod access;
mod acknowledge;
mod api;
mod big;
mod hostile;
mod pages;
mod server;
