//! Reading an answer within its limits.
//!
//! The size is counted after decompression and while reading, so neither a body without end nor a
//! few kilobytes that swell to gigabytes take more memory than the limit.

use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

/// Why a body is not had.
#[derive(Debug)]
pub(super) enum BodyError {
    /// More bytes than the limit.
    TooLarge,
    /// It is in a coding that nobody asked for.
    Coding(String),
    /// It broke off, stalled or could not be decompressed.
    Broken(reqwest::Error),
}

/// The whole body, at most `max_bytes` long.
pub(super) async fn read(mut answer: Response, max_bytes: usize) -> Result<Vec<u8>, BodyError> {
    // What the client can decode it decodes, and then takes this header away.
    let coding = answer.headers().get_all(CONTENT_ENCODING).iter();
    let unknown = coding
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .find(|value| !value.trim().is_empty() && !value.trim().eq_ignore_ascii_case("identity"));
    if let Some(coding) = unknown {
        return Err(BodyError::Coding(coding.chars().take(40).collect()));
    }
    let announced = answer
        .content_length()
        .map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced > max_bytes {
        return Err(BodyError::TooLarge);
    }
    // The announcement is only somebody's word: believe a modest part of it.
    let mut body = Vec::with_capacity(announced.min(1 << 20));
    while let Some(part) = answer.chunk().await.map_err(BodyError::Broken)? {
        if part.len() > max_bytes.saturating_sub(body.len()) {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}
