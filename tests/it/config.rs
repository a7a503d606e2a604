//! The configuration file: the defaults, laying a file over them, and mistakes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use coverd::app::config::{
    Config, ConfigError, Environment, LogLevel, MailChannel, PasswordSource, Tls, example,
};
use coverd::model::change::Severity;
use coverd::model::delivery::Role;
use coverd::model::watch::Codes;

const RECIPIENT: &str =
    "[[recipient]]\naddress = \"billing@practice.example\"\nrole = \"practice\"\n";

/// Five fields with words, enough to tell a schedule from anything else.
fn five_fields(text: &str) -> Result<(), String> {
    if text.split_whitespace().count() == 5 {
        Ok(())
    } else {
        Err("write five fields, as \"30 11 * * MON-FRI\"".to_owned())
    }
}

fn load_in(text: &str, environment: &Environment) -> Result<Config, ConfigError> {
    let path = Path::new("/etc/coverd/coverd.toml");
    Config::from_text(Some(path), text, environment, five_fields)
}

fn load(text: &str) -> Result<Config, ConfigError> {
    load_in(text, &Environment::default())
}

/// What is wrong, as `line key: message`.
fn mistakes(text: &str) -> Vec<String> {
    let error = load(text).expect_err("mistakes");
    error
        .mistakes()
        .iter()
        .map(|mistake| {
            let line = mistake.position.as_ref().map_or(0, |place| place.line);
            format!("{line} {}: {}", mistake.key, mistake.message)
        })
        .collect()
}

#[test]
fn the_defaults_and_a_recipient_are_enough() {
    let config = load(RECIPIENT).unwrap();
    let Codes::Named(codes) = &config.watch.codes else {
        panic!("all codes");
    };
    let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
    assert_eq!(codes, ["20560", "20561"]);
    assert_eq!(config.watch.look_alikes.len(), 6);
    assert_eq!(
        config
            .watch
            .ncds
            .values()
            .map(|ncd| ncd.section.as_str())
            .collect::<Vec<_>>(),
        ["30.3", "30.3.1", "30.3.2", "30.3.3"]
    );
    assert_eq!(config.practice.zone, chrono_tz::America::New_York);
    assert_eq!(config.store, Path::new("/var/lib/coverd"));
    assert_eq!(config.sources.since_year, 2019);
    for source in coverd::sources::all(&config.sources.settings) {
        assert!(config.sources.by_id.contains_key(source.meta().id));
    }
    assert_eq!(config.sources.by_id["pfs"].schedule, None);
    assert_eq!(config.fetch.min_interval, Duration::from_secs(3));
    assert_eq!(config.mail.from, "coverd@localhost");
    assert_eq!(
        config.mail.channel,
        MailChannel::File {
            dir: "/var/lib/coverd/mail".into()
        }
    );
    assert_eq!(config.log.level, LogLevel::Info);
    let [recipient] = &config.recipients[..] else {
        panic!("{:?}", config.recipients);
    };
    assert_eq!(recipient.role, Role::Practice);
    assert_eq!(recipient.least, Severity::Coding);
    assert_eq!(recipient.channel, "file");
}

#[test]
fn a_file_is_laid_over_the_defaults_key_by_key_and_lists_are_replaced() {
    let config = load(
        "[watch]\ncodes = [\"20560\", \"77080-26\"]\n[fetch]\nmax_megabytes = 10\n[[watch.ncd]]\nid = 373\nsection = \"30.3.3\"\ncodes = [\"20561\"]\n",
    )
    .unwrap();
    let Codes::Named(codes) = &config.watch.codes else {
        panic!("all codes");
    };
    assert_eq!(codes.len(), 2);
    assert_eq!(config.watch.ncds.len(), 1, "the list is replaced");
    assert_eq!(config.watch.look_alikes.len(), 6, "the default stands");
    assert_eq!(config.fetch.max_bytes, 10_000_000);
    assert_eq!(config.fetch.read_timeout, Duration::from_mins(1));
}

#[test]
fn all_codes_can_be_watched() {
    assert_eq!(
        load("[watch]\ncodes = \"all\"").unwrap().watch.codes,
        Codes::All
    );
    assert_eq!(
        mistakes("[watch]\ncodes = \"every\""),
        [
            r#"2 watch.codes: invalid value: string "every", expected "all" or a list of codes such as ["20560", "77080-26"]"#
        ]
    );
}

#[test]
fn the_store_is_where_the_file_says_then_where_systemd_says() {
    let systemd = Environment {
        state_directory: Some("/var/lib/elsewhere".into()),
        ..Environment::default()
    };
    let store = |text: &str| load_in(text, &systemd).unwrap().store;
    assert_eq!(store(""), Path::new("/var/lib/elsewhere"));
    assert_eq!(
        store("[store]\ndir = \"data\""),
        Path::new("/etc/coverd/data")
    );
    assert_eq!(
        store("[store]\ndir = \"/srv/data\""),
        Path::new("/srv/data")
    );
}

#[test]
fn every_mistake_is_told_at_once_with_line_and_key() {
    let text = r#"[practice]
time_zone = "Eastern"
colour = "blue"

[watch]
codes = ["20560", "2056", "20561-XYZ"]
look_alikes = ["20560"]
words = ["ab", "dry needling"]
localities = ["1112/5"]

[[watch.ncd]]
id = 373
section = "Acupuncture"
codes = ["20560"]

[sources.pfs]
schedule = "every day"

[sources.pfx]
enabled = true

[fetch]
contact = "me"
min_interval_seconds = 0
max_megabytes = "ten"

[mail]
from = "Coverd <coverd@practice.example>"

[[recipient]]
address = "billing@practice.example"
role = "practice"

[[recipient]]
address = "Billing@practice.example"
role = "practice"
"#;
    let told = mistakes(text);
    let starts = [
        "2 practice.time_zone: 'Eastern' is no time zone",
        "3 practice.colour: unknown",
        "6 watch.codes[1]: '2056' is not a code",
        "6 watch.codes[2]: 'XYZ' is not a code",
        "7 watch.look_alikes: 20560 is in watch.codes too",
        "8 watch.words[0]: needs at least 3 letters",
        "9 watch.localities[0]: '1112/5' is not a payment locality",
        "13 watch.ncd[0].section: 'Acupuncture' is no section",
        "17 sources.pfs.schedule: write five fields",
        "19 sources.pfx: unknown",
        "23 fetch.contact: write a mail address",
        "24 fetch.min_interval_seconds: must be 1 or more",
        "25 fetch.max_megabytes: invalid type: string \"ten\"",
        "28 mail.from: 'Coverd <coverd@practice.example>' is no mail address",
        "35 recipient[1].address: is listed before",
    ];
    for start in starts {
        assert!(
            told.iter().any(|mistake| mistake.starts_with(start)),
            "{start}\nis not in\n{told:#?}"
        );
    }
    assert_eq!(told.len(), starts.len(), "{told:#?}");
}

#[test]
fn a_mistake_shows_its_line_with_a_mark_below_it() {
    let error = load("[watch]\ncodes = [\"20560\", \"2056\"]\n").unwrap_err();
    insta::assert_snapshot!(error, @r#"
    /etc/coverd/coverd.toml:2:19: watch.codes[1]: '2056' is not a code: write five characters such as 20560 or G0283, with a modifier as 77080-26
       |
     2 | codes = ["20560", "2056"]
       |                   ^^^^^^
    "#);
}

#[test]
fn a_slip_of_toml_is_shown_with_its_place() {
    let error = load("[watch]\ncodes = [\"20560\"\nwords = 3\n").unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("/etc/coverd/coverd.toml:"), "{text}");
    assert!(text.contains('^'), "{text}");
    // The same key twice is a slip too.
    assert!(load("[fetch]\nmax_megabytes = 1\nmax_megabytes = 2\n").is_err());
}

#[test]
fn a_missing_key_is_put_on_the_block_that_lacks_it() {
    assert_eq!(
        mistakes("[[recipient]]\nrole = \"operator\"\n"),
        ["1 recipient[0]: missing field `address`"]
    );
    let told = mistakes("[mail]\nchannel = \"smtp\"\n");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .any(|m| m.starts_with("1 mail.from: is required")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|m| m.starts_with("1 mail.host: is required")),
        "{told:?}"
    );
}

#[test]
fn a_section_of_the_wrong_kind_is_a_mistake_like_any_other() {
    for text in [
        "watch = 3",
        "recipient = 3",
        "recipient = [3]",
        "fetch = []",
        "[sources]\npfs = true",
    ] {
        assert_eq!(mistakes(text).len(), 1, "{text}: {:?}", mistakes(text));
    }
}

#[test]
fn smtp_is_resolved_with_its_password_kept_elsewhere() {
    let smtp = |extra: &str, environment: &Environment| {
        let text = format!(
            "[mail]\nchannel = \"smtp\"\nfrom = \"coverd@practice.example\"\nhost = \"mail.practice.example\"\n{extra}"
        );
        match load_in(&text, environment).unwrap().mail.channel {
            MailChannel::Smtp(smtp) => smtp,
            MailChannel::File { .. } => panic!("file"),
        }
    };
    let systemd = Environment {
        credentials_directory: Some("/run/credentials/coverd.service".into()),
        ..Environment::default()
    };
    let plain = smtp("", &systemd);
    assert_eq!(
        (plain.port, plain.tls, plain.login),
        (587, Tls::StartTls, None)
    );

    let login = smtp("user = \"coverd\"\ntls = \"implicit\"", &systemd);
    assert_eq!(login.port, 465);
    assert_eq!(
        login.login.unwrap().password,
        PasswordSource::Credential {
            name: "smtp-password".to_owned(),
            file: Some("/run/credentials/coverd.service/smtp-password".into()),
        }
    );
    let file = smtp("user = \"coverd\"\npassword_file = \"secret\"", &systemd);
    assert_eq!(
        file.login.unwrap().password,
        PasswordSource::File("/etc/coverd/secret".into())
    );
}

#[test]
fn mail_without_tls_goes_to_this_machine_only() {
    let with = |host: &str| {
        load(&format!(
            "[mail]\nchannel = \"smtp\"\nfrom = \"a@b.example\"\ntls = \"none\"\nhost = \"{host}\""
        ))
    };
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert!(with(host).is_ok(), "{host}");
    }
    for host in [
        "mail.practice.example",
        "192.168.1.2",
        "127.0.0.1.evil.example",
    ] {
        let error = with(host).unwrap_err().to_string();
        assert!(error.contains("mail.tls"), "{host}: {error}");
    }
}

#[test]
fn origins_lead_to_this_machine_only() {
    let with = |to: &str| {
        load(&format!(
            "[fetch.origins]\n\"https://www.cms.gov\" = \"{to}\""
        ))
    };
    let config = with("http://127.0.0.1:8080").unwrap();
    assert_eq!(
        config.fetch.origins["https://www.cms.gov"],
        "http://127.0.0.1:8080"
    );
    for to in [
        "http://10.0.0.1:8080",
        "http://mirror.example",
        "http://127.0.0.1:8080/path",
        "http://user@127.0.0.1",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        "",
    ] {
        let told = with(to).unwrap_err().to_string();
        assert!(
            told.contains("fetch.origins.https://www.cms.gov"),
            "{to}: {told}"
        );
    }
}

#[test]
fn nothing_is_asked_of_a_real_host_without_a_contact() {
    let cms = ["https://www.cms.gov", "https://api.coverage.cms.gov"];
    let none = load("").unwrap().user_agent(cms).unwrap_err().to_string();
    assert!(
        none.contains("contact = \"you@practice.example\""),
        "{none}"
    );

    let contact = load("[fetch]\ncontact = \"it@practice.example\"").unwrap();
    let expected = format!(
        "coverd/{} (+it@practice.example)",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(contact.user_agent(cms).unwrap(), expected);

    let half = load("[fetch.origins]\n\"https://www.cms.gov\" = \"http://127.0.0.1:1\"").unwrap();
    assert!(half.user_agent(cms).is_err());
    assert!(half.user_agent([cms[0]]).is_ok());
}

#[test]
fn people_are_required_by_role_and_their_absence_is_noted() {
    let config = load(RECIPIENT).unwrap();
    assert_eq!(config.require_recipients(Role::Practice).unwrap().len(), 1);
    let error = config
        .require_recipients(Role::Operator)
        .unwrap_err()
        .to_string();
    assert!(error.contains("[[recipient]]"), "{error}");
    let warnings = config.warnings().join("\n");
    assert!(warnings.contains("\"operator\""), "{warnings}");
    assert!(!warnings.contains("\"practice\""), "{warnings}");
}

#[test]
fn one_line_texts_cannot_carry_headers() {
    let told = mistakes("[mail]\nfrom_name = \"coverd\\r\\nBcc: everyone@example.org\"\n");
    let said = ["2 mail.from_name: must be one line without control characters"];
    assert_eq!(told, said);
    // What no mail could be written with is a mistake here, and not at the first alert.
    let told = mistakes("[mail]\nfrom_name = \"one\\u2028two\"\n");
    assert_eq!(told, said);
    let long = format!("[practice]\nname = \"{}\"\n", "é".repeat(501));
    assert_eq!(
        mistakes(&long),
        ["2 practice.name: is longer than 1000 bytes"]
    );
}

#[test]
fn the_file_is_found_by_name_or_by_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("coverd.toml");
    std::fs::write(
        &file,
        "[practice]\nname = \"Elm Street\"\n[store]\ndir = \".\"\n",
    )
    .unwrap();
    let nothing = Environment::default();
    let config = Config::load(Some(&file), &nothing, five_fields).unwrap();
    assert_eq!(config.practice.name, "Elm Street");
    assert_eq!(config.store, folder.path().join("."));

    let named = Environment {
        config: Some(file),
        ..Environment::default()
    };
    assert_eq!(
        Config::load(None, &named, five_fields)
            .unwrap()
            .practice
            .name,
        "Elm Street"
    );

    let absent = folder.path().join("absent.toml");
    let error = Config::load(Some(&absent), &nothing, five_fields)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("absent.toml") && error.contains("config init"),
        "{error}"
    );

    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, [0xff, 0xfe, 0x00]).unwrap();
    let error = Config::load(Some(&binary), &nothing, five_fields)
        .unwrap_err()
        .to_string();
    assert!(error.contains("UTF-8"), "{error}");
}

fn coverd(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_coverd"))
        .args(arguments)
        .env_clear()
        .output()
        .expect("the program starts");
    (
        output.status.code(),
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

#[test]
fn a_written_configuration_is_checked_and_shown_by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("coverd.toml");
    let name = file.to_str().unwrap();

    let (code, _, errors) = coverd(&["config", "init", name]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), example());
    let (code, _, errors) = coverd(&["config", "init", name]);
    assert_eq!(code, Some(1), "a file is never overwritten: {errors}");

    let (code, said, _) = coverd(&["config", "check", "--config", name]);
    assert_eq!(code, Some(0));
    assert!(said.contains("no mistakes"), "{said}");

    std::fs::write(&file, "[fetch]\ncontact = \"it@practice.example\"\n").unwrap();
    let (_, said, _) = coverd(&["config", "show", "--config", name, "--format", "csv"]);
    assert!(
        said.contains("fetch.contact,\"\"\"it@practice.example\"\"\",file"),
        "{said}"
    );
    assert!(said.contains("fetch.max_megabytes,200,default"), "{said}");

    std::fs::write(&file, "[fetch]\ncontacts = 1\n").unwrap();
    let (code, _, errors) = coverd(&["config", "check", "--config", name]);
    assert_eq!(code, Some(3));
    assert!(
        errors.contains(":2:1: fetch.contacts: unknown field"),
        "{errors}"
    );

    let (code, _, _) = coverd(&["config", "chek"]);
    assert_eq!(code, Some(2));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    for arguments in [&["config", "init"][..], &["--help"], &["man"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_coverd"))
            .args(arguments)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_secret_that_was_written_into_the_file_is_not_repeated_by_the_complaint() {
    for (section, line, place, column) in [
        ("mail", "password = \"hunter2\"", "password = (hidden)", 1),
        ("mail", "password = hunter2", "password = (hidden)", 12),
        ("mail", "password: hunter2", "password: (hidden)", 9),
        ("mail", "password = 'hunter2", "password = (hidden)", 12),
        (
            "web",
            "password_hash = \"hunter2\"",
            "password_hash = (hidden)",
            17,
        ),
        (
            "web",
            "password_hash = [\"hunter2\"]",
            "password_hash = (hidden)",
            17,
        ),
        (
            "web",
            "password_hash = \"\"\"\nhunter2\\q\"\"\"",
            "(hidden)",
            1,
        ),
        (
            "mail",
            "port = { token = \"hunter2\" }",
            "port = { token = (hidden)",
            1,
        ),
    ] {
        let error = load(&format!("[{section}]\n{line}\n{RECIPIENT}")).unwrap_err();
        let said = error.to_string();
        assert!(!said.contains("hunter2"), "{said}");
        let places: Vec<_> = error
            .mistakes()
            .iter()
            .map(|one| one.position.as_ref())
            .collect();
        let is_there = places
            .iter()
            .flatten()
            .any(|one| (one.text.as_str(), one.column) == (place, column));
        assert!(is_there, "{line}: {places:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(300))]

    #[test]
    fn a_damaged_file_is_read_or_refused_with_places_inside_it(
        at in 0..10_000usize,
        cut in 0..40usize,
        put in "[\\[\\]=\"'#a-z0-9 \n\u{e9}.{},-]{0,12}",
    ) {
        let text = format!("{}\n{RECIPIENT}", example());
        let start = text.floor_char_boundary(at % text.len());
        let end = text.floor_char_boundary((start + cut).min(text.len()));
        let damaged = format!("{}{put}{}", &text[..start], &text[end..]);
        if let Err(error) = load(&damaged) {
            proptest::prop_assert!(!error.mistakes().is_empty());
            for mistake in error.mistakes() {
                let Some(place) = &mistake.position else { continue };
                let line = damaged.lines().nth(place.line - 1).unwrap_or_default();
                let is_shown = place.text.strip_suffix("(hidden)").map_or(
                    line == place.text,
                    |shown| line == place.text || line.starts_with(shown),
                );
                proptest::prop_assert!(is_shown, "{} of {line}", place.text);
            }
        }
    }
}

#[test]
fn the_page_is_off_unless_it_is_asked_for_and_closed_beyond_this_machine() {
    assert_eq!(load(RECIPIENT).unwrap().web, None);
    let with = |text: &str| format!("[web]\n{text}\n{RECIPIENT}");
    let local = load(&with("listen = \"127.0.0.1:8787\"")).unwrap();
    assert_eq!(local.web.unwrap().listen.to_string(), "127.0.0.1:8787");
    let hash = coverd::web::hash_password("correct horse battery").unwrap();
    let hash = format!("password_hash = \"{hash}\"");
    let behind = "public_url = \"https://coverd.practice.example\"";
    let open = load(&with(&format!("listen = \"0.0.0.0:80\"\n{hash}\n{behind}"))).unwrap();
    assert!(open.web.clone().unwrap().password_hash.is_some());
    // What is shown of the configuration has no hash.
    let entries = open.entries();
    let shown = entries
        .iter()
        .find(|entry| entry.key == "web.password_hash");
    assert_eq!(shown.unwrap().value, "\"(set)\"");
    for (text, says) in [
        (
            "listen = \"192.0.2.7:80\"".to_owned(),
            "`coverd web password`",
        ),
        (
            "listen = \"192.0.2.7:80\"".to_owned(),
            "reverse_proxy 127.0.0.1:8787",
        ),
        (
            format!("listen = \"[::]:80\"\n{hash}"),
            "set web.public_url or web.hosts",
        ),
        ("listen = \"8787\"".to_owned(), "no address with a port"),
        (
            "password_hash = \"secret\"".to_owned(),
            "no hash of a password",
        ),
        (
            "public_url = \"coverd\"".to_owned(),
            "scheme and host without a path",
        ),
        ("hosts = [\"a/b\"]".to_owned(), "'a/b' is no host"),
        ("hosts = [\"a:80\"]".to_owned(), "'a:80' is no host"),
    ] {
        let found = mistakes(&with(&text));
        assert!(
            found.iter().any(|one| one.contains(says)),
            "{says}: {found:?}"
        );
    }
}
