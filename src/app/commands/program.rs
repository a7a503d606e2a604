//! What the user has to type to run this program again.

use std::path::{Path, PathBuf};

/// `coverd` where the shell finds this very program, else its path, relative when it lies below the
/// working directory (as after `cargo run`).
pub(super) fn program() -> String {
    let path = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("coverd"));
    let here = std::env::current_dir().unwrap_or_default();
    typed(&path, &here)
}

fn typed(program: &Path, here: &Path) -> String {
    let folders = [
        "/usr/local/bin",
        "/usr/bin",
        "/bin",
        "/usr/local/sbin",
        "/usr/sbin",
    ];
    let found = program
        .parent()
        .is_some_and(|folder| folders.iter().any(|known| folder == Path::new(known)));
    let named = program.file_name().unwrap_or(program.as_os_str());
    if found {
        return named.to_string_lossy().into_owned();
    }
    match program.strip_prefix(here) {
        Ok(below) if below.components().count() > 1 => quoted(&below.display().to_string()),
        Ok(below) => quoted(&format!("./{}", below.display())),
        Err(_) => quoted(&program.display().to_string()),
    }
}

/// A path as a shell takes it for one word.
pub(super) fn quoted(path: &str) -> String {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@' | ':');
    if path.chars().all(plain) && !path.is_empty() {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_as_it_can_be_typed() {
        let typed = |program: &str, here: &str| typed(Path::new(program), Path::new(here));
        assert_eq!(typed("/usr/local/bin/coverd", "/srv/me"), "coverd");
        let built = typed("/srv/me/src/target/release/coverd", "/srv/me/src");
        assert_eq!(built, "target/release/coverd");
        assert_eq!(typed("/srv/me/coverd", "/srv/me"), "./coverd");
        assert_eq!(typed("/opt/x/coverd", "/srv/me"), "/opt/x/coverd");
        assert_eq!(typed("/opt/my x/coverd", "/srv/me"), "'/opt/my x/coverd'");
    }

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(quoted("a/b-c_1.toml"), "a/b-c_1.toml");
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
    }
}
