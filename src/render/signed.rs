//! Links by which somebody acknowledges an alert: signed, so that they cannot be made up, and bound to one
//! alert and one recipient.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::form_urlencoded::Serializer;

/// The signature of a link for this alert and recipient.
pub fn token(key: &[u8], alert: &str, recipient: &str) -> String {
    signed(key, alert, recipient).map_or_else(String::new, |mac| {
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    })
}

/// Whether the token belongs to this alert and recipient; compared in constant time.
pub fn is_signed(key: &[u8], alert: &str, recipient: &str, token: &str) -> bool {
    let Ok(given) = URL_SAFE_NO_PAD.decode(token) else {
        return false;
    };
    signed(key, alert, recipient).is_some_and(|mac| mac.verify_slice(&given).is_ok())
}

/// The whole link below `base`, the address of the page without a slash at its end.
pub fn link(base: &str, key: &[u8], alert: &str, recipient: &str) -> String {
    let query = Serializer::new(String::new())
        .append_pair("alert", alert)
        .append_pair("to", recipient)
        .append_pair("token", &token(key, alert, recipient))
        .finish();
    format!("{base}/acknowledge?{query}")
}

fn signed(key: &[u8], alert: &str, recipient: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in ["acknowledge", alert, recipient] {
        // Lengths, so that no two pairs run together.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [9; 32];

    #[test]
    fn a_token_is_good_for_one_alert_and_one_recipient_only() {
        let good = token(&KEY, "a1", "ana@practice.example");
        assert!(is_signed(&KEY, "a1", "ana@practice.example", &good));
        for (alert, to) in [
            ("a2", "ana@practice.example"),
            ("a1", "bob@practice.example"),
            ("a1a", "na@practice.example"),
        ] {
            assert!(!is_signed(&KEY, alert, to, &good), "{alert} {to}");
        }
        assert!(!is_signed(&[8; 32], "a1", "ana@practice.example", &good));
        for wrong in ["", "x", &good[1..], "not base64!"] {
            assert!(!is_signed(&KEY, "a1", "ana@practice.example", wrong));
        }
    }

    #[test]
    fn a_link_has_all_three() {
        let link = link(
            "https://coverd.practice.example",
            &KEY,
            "a1",
            "ana+x@practice.example",
        );
        assert!(link.starts_with("https://coverd.practice.example/acknowledge?alert=a1&to=ana%2Bx%40practice.example&token="));
    }
}
