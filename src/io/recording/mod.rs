//! Recordings: what CMS's servers answered, and when, as files in a folder.
//!
//! A recording lets the whole program run without a network, at any date: a replay steps through the
//! recorded moments and sees at each what the web showed then. Anybody can make one with a text
//! editor. It is a folder with a `manifest.json` and the bodies:
//!
//! ```text
//! my-recording/
//!   manifest.json
//!   bodies/rvu20a.zip
//!   bodies/rvu20b.zip
//! ```
//!
//! ```json
//! {
//!   "about": "Two releases of 2020",
//!   "captures": [
//!     {
//!       "url": "https://www.cms.gov/files/zip/rvu20a.zip",
//!       "at": "2020-01-03T12:00:00Z",
//!       "body": "bodies/rvu20a.zip"
//!     },
//!     {
//!       "url": "https://www.cms.gov/files/zip/rvu20b.zip",
//!       "at": "2020-04-01T12:00:00Z",
//!       "status": 200,
//!       "headers": { "content-type": "application/zip", "etag": "\"5e84\"" },
//!       "body": "bodies/rvu20b.zip",
//!       "final_url": "https://www.cms.gov/files/zip/rvu20b-updated.zip"
//!     },
//!     {
//!       "url": "https://www.cms.gov/files/zip/rvu20a.zip",
//!       "at": "2020-04-01T12:00:00Z",
//!       "status": 404
//!     }
//!   ]
//! }
//! ```
//!
//! Each capture is one answer; their order does not matter.
//!
//! | key | meaning |
//! |---|---|
//! | `url` | the address that was asked for: absolute, http or https. Required. |
//! | `at` | when the answer came, RFC 3339 with a zone: `2020-04-01T12:00:00Z`. From then on the address answers this, until a later capture of it. Required. |
//! | `status` | HTTP status, 200 when left out. 301, 302, 303, 307 and 308 need a `location` header and are followed inside the recording; 304 confirms the capture before; 403, 404, 503 and so on are the failures that they are on the network. |
//! | `headers` | answer headers by name, each a string. Optional. |
//! | `body` | the file with the body as served (not compressed for transfer), relative to the folder and inside it, with `/` between folders. Required for 200. |
//! | `final_url` | the address that answered, where redirects led elsewhere. Optional. |
//!
//! Beside `captures` there may be a text `about`. Any other key is an error, and so are two captures
//! of one address at one time: a misspelt key must not silently be a different recording. Addresses
//! are compared as addresses (host in lower case, default port and fragment left out), and a `/` at
//! the end makes no difference.
//!
//! A WARC file, plain or with a gzip member for each record, is a recording too: its `response`, `revisit` and
//! `resource` records are the captures, other records are passed over. Bodies in gzip, deflate or zstd are unpacked.
//!
//! Limits: 16 MiB of manifest, 100,000 captures, 256 MiB a body.

mod bodies;
mod manifest;
mod recorded;
mod warc;
mod web;

pub use manifest::RecordingError;
pub use recorded::Recording;
pub use web::Web;
