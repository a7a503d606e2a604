//! Secrets that somebody wrote into the configuration by mistake: a complaint names their key and place, and does not
//! repeat them into a terminal or a journal.

/// What stands in the place of a secret.
pub(super) const HIDDEN: &str = "(hidden)";

/// A name with one of these is one of a secret.
const SECRET: [&str; 7] = [
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "key",
];

/// Where on a line of TOML, or of what was meant to be TOML, a value begins that may be a secret. The rest of the line
/// belongs to it: what is wrong with the line may be its quotes.
pub(super) fn secret_from(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let first = line.len() - line.trim_start().len();
    let mut from = 0;
    while let Some(word) = next_word(&lower, from) {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let before = lower.get(..word)?;
        let begin = before.trim_end_matches(is_of_name).len();
        let after = lower.get(word..)?;
        let end = line.len() - after.trim_start_matches(is_of_name).len();
        from = end;
        let name = lower.get(begin..end)?;
        let rest = line
            .get(end..)?
            .trim_start_matches(['"', '\''])
            .trim_start();
        let value = rest.strip_prefix(['=', ':']);
        // `password hunter2` has forgotten its sign; elsewhere it is only a word of a text.
        let is_first = begin == first || begin == first + 1;
        let value = match value {
            None if is_first && !rest.starts_with([']', '#']) => rest,
            None => continue,
            Some(value) => value.trim_start(),
        };
        if !value.is_empty() && !is_told_openly(name, value) {
            return Some(line.len() - value.len());
        }
    }
    None
}

/// The same for the address of the heartbeat or of a hook: it may hold a token, and who knows it can pretend to be coverd.
/// `before` is the file up to the line.
pub(super) fn address_from(before: &str, line: &str) -> Option<usize> {
    let mut tables = before.lines().rev().map(str::trim);
    let table = tables.find(|line| line.starts_with('['))?;
    let is_private = table.starts_with("[heartbeat]") || table.starts_with("[[hook]]");
    let rest = line.trim_start().strip_prefix("url")?.trim_start();
    let value = rest.strip_prefix('=')?.trim_start();
    (is_private && !value.is_empty()).then(|| line.len() - value.len())
}

fn next_word(lower: &str, from: usize) -> Option<usize> {
    let rest = lower.get(from..)?;
    let found = SECRET.iter().filter_map(|word| rest.find(word)).min();
    Some(from + found?)
}

/// Where a secret lies is none, and neither are the columns by which the rows of a list are told apart.
fn is_told_openly(name: &str, value: &str) -> bool {
    name.ends_with("_file")
        || name.ends_with("_credential")
        || (name.ends_with("key") && value.starts_with('['))
}

/// The same words without the secret of the line that they are about.
pub(super) fn without_secret(message: String, line: &str) -> String {
    let value = secret_from(line).and_then(|from| line.get(from..));
    let Some(value) = value.map(|value| value.trim_start_matches(['"', '\''])) else {
        return message;
    };
    let end = value.find(['"', '\'', '#', ',', '}']);
    let value = end.and_then(|end| value.get(..end)).unwrap_or(value).trim();
    if value.is_empty() {
        return message;
    }
    message.replace(value, HIDDEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> &str {
        secret_from(line).map_or(line, |from| &line[..from])
    }

    #[test]
    fn the_value_of_a_secret_is_found_wherever_it_stands() {
        for (line, expected) in [
            ("password = \"hunter2\"", "password = "),
            ("password=hunter2", "password="),
            ("  Password: hunter2 # mine", "  Password: "),
            ("password hunter2", "password "),
            ("\"password\" = 'hunter2'", "\"password\" = "),
            ("web.password_hash = \"hunter2\"", "web.password_hash = "),
            (
                "mail = { user = \"a\", password = \"hunter2\" }",
                "mail = { user = \"a\", password = ",
            ),
            ("smtp_pwd = \"hunter2\"", "smtp_pwd = "),
            ("secret = \"whsec_a=\"", "secret = "),
            ("api_key = \"hunter2\"", "api_key = "),
            (
                "url = \"https://a.example/?token=hunter2\"",
                "url = \"https://a.example/?token=",
            ),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for line in [
            "user = \"coverd\"",
            "password_file = \"/etc/coverd/password\"",
            "password_credential = \"smtp-password\"",
            "key = [\"Code\", \"Modifier\"]",
            "title = \"the secret of é\"",
            "[mail.password]",
            "password =",
            "password",
            "password # where is it?",
            "é",
            "",
        ] {
            assert_eq!(shown(line), line);
        }
    }

    #[test]
    fn a_message_does_not_repeat_it_either() {
        let said = |line: &str| without_secret("invalid type: integer `12345`".to_owned(), line);
        assert_eq!(
            said("password = 12345 # no"),
            "invalid type: integer `(hidden)`"
        );
        assert_eq!(said("port = 12345"), "invalid type: integer `12345`");
    }
}
