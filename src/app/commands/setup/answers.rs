//! What may be answered.

use crate::app::exit::Failure;
use crate::model::code::Service;

use super::ask::wrong;

pub(super) fn address(answer: &str) -> Result<String, String> {
    let parsed = answer.parse::<lettre::Address>();
    let parsed = parsed.ok().filter(|address| {
        // A domain that was not typed to its end is an address, too; only this machine's has no dot.
        address.domain().contains('.') || address.domain() == "localhost"
    });
    parsed
        .map(|address| address.to_string())
        .ok_or_else(|| format!("'{answer}' is no mail address, as you@practice.example is"))
}

/// Several answers in one; at least one.
fn list<T>(answer: &str, one: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let parts = answer.split([',', ';', ' ']).map(str::trim);
    let parts: Result<Vec<T>, String> = parts.filter(|part| !part.is_empty()).map(one).collect();
    match parts {
        Ok(parts) if parts.is_empty() => Err("at least one is needed".to_owned()),
        parts => parts,
    }
}

pub(super) fn addresses(answer: &str) -> Result<Vec<String>, String> {
    list(answer, address)
}

pub(super) fn each(given: &[String], flag: &str) -> Result<Vec<String>, Failure> {
    let all: Result<Vec<String>, String> = given.iter().map(|one| address(one)).collect();
    all.map_err(|why| wrong(flag, &why))
}

pub(super) fn codes(answer: &str) -> Result<Vec<String>, String> {
    list(answer, |part| {
        let code = part.parse::<Service>();
        code.map(|code| code.to_string())
            .map_err(|error| error.to_string())
    })
}

pub(super) fn host_name(answer: &str) -> Result<String, &'static str> {
    let is_name = answer
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if is_name {
        Ok(answer.to_owned())
    } else {
        Err("a name such as smtp.practice.example is expected")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_cannot_be_used_say_what_to_write() {
        assert_eq!(addresses("a@b.example, c@d.example").unwrap().len(), 2);
        assert!(addresses("billing@practice").is_err());
        assert!(addresses(" , ").is_err());
        assert!(
            addresses("a@b.example, nobody")
                .unwrap_err()
                .contains("'nobody'")
        );
        assert!(codes("20560;2056").unwrap_err().contains("five"));
        assert!(host_name("mail.example; rm -rf").is_err());
    }
}
