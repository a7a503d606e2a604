//! Prose: what names a code or a word, and the passage around it.
#![no_main]
use coverd_fuzz::model::passage::Passage;
use coverd_fuzz::reading::watch;
use coverd_fuzz::sources::mentions::mentions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let found = mentions(&text, &watch(false));
    for mention in &found {
        assert!(
            text.get(mention.at.clone()).is_some(),
            "{mention:?} is no part of it"
        );
    }
    assert_eq!(found, mentions(&text, &watch(false)));
    if let Some(passage) = Passage::parse(&text) {
        let written = passage.to_string();
        let again = Passage::parse(&written).map(|again| again.to_string());
        assert_eq!(again, Some(written), "written, read and written again");
    }
});
