//! Addresses and replies as they may stand in a log.

/// `user@example.org` as `u***@e***.org`: enough to tell recipients apart, too little to write to.
pub fn address(address: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let Some((user, domain)) = address.rsplit_once('@') else {
        return format!("{}***", first(address));
    };
    let end = domain.rsplit_once('.').map_or("", |(_, end)| end);
    format!("{}***@{}***.{end}", first(user), first(domain))
}

/// What a server said, in one line of at most 300 characters without control characters.
pub(super) fn said(text: &str) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(|c| !c.is_control()).collect())
        .collect();
    words.join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_first_letters_only() {
        assert_eq!(address("user@example.org"), "u***@e***.org");
        assert_eq!(address("a@b"), "a***@b***.");
        assert_eq!(address("nobody"), "n***");
        assert_eq!(address(""), "***");
    }

    #[test]
    fn a_reply_is_one_bounded_line() {
        assert_eq!(
            said("550 no\r\n such\u{1b}[31m user"),
            "550 no such[31m user"
        );
        assert_eq!(said(&"x".repeat(1000)).len(), 300);
    }
}
