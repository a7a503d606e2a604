//! Mails and messages for programs: whatever stands in an alert is text, lines are short, and another parser
//! reads what was written.
#![no_main]
use coverd_fuzz::made::{MARKUP, alert, envelope, recipient, text};
use coverd_fuzz::reading::captured;
use coverd_fuzz::render::{hook, mail};
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(alert) = alert(&mut u) else { return };
    // As the configuration takes it: with whatever it takes a mail can be written.
    let mut practice = text(&mut u).unwrap_or_default();
    practice.retain(|c| !mail::breaks_a_line(c));
    practice.truncate(practice.floor_char_boundary(mail::LONGEST_TEXT));
    let envelope = envelope(practice.trim());
    let bodies = mail::bodies(&alert, &envelope).expect("it is written");
    assert!(!bodies.html.contains(MARKUP), "{}", bodies.html);
    assert!(!bodies.subject.contains(['\r', '\n']));
    assert!(bodies.html.len() < 4 << 20 && bodies.text.len() < 4 << 20);
    let earlier = ["<1@practice.example>".to_owned()];
    let written = mail::compose(&alert, &recipient(), &envelope, captured(), &earlier);
    let written = written.expect("it is written");
    for line in written.message.split(|&byte| byte == b'\n') {
        assert!(line.len() <= 999, "a line of {} bytes", line.len());
    }
    let parsed = mail_parser::MessageParser::default()
        .parse(&written.message)
        .expect("a mail");
    assert_eq!(parsed.subject(), Some(written.subject.as_str()));
    assert!(parsed.body_text(0).is_some() && parsed.body_html(0).is_some());
    let told = hook::compose(&alert, &recipient(), &envelope, captured()).expect("it is written");
    let value: serde_json::Value = serde_json::from_slice(&told.message).expect("JSON");
    assert!(value.get("data").is_some());
    for letter in [
        mail::digest(&[&written, &written], &recipient(), &envelope, captured()),
        mail::reminder(&written, &alert.id, 1, &recipient(), &envelope, captured()),
    ] {
        let letter = letter.expect("it is written");
        assert!(mail::text_of(&letter).is_some());
    }
});
