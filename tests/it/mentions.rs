//! What a text names: hand-made passages, each with the exact names in it.
//!
//! The passages are ours. Each expected mention is written `text under it=term`, with the kind in
//! front: `code`, `like`, `word`, `ncd`.

use coverd::model::watch::{Codes, Watch};
use coverd::sources::mentions::{Excerpt, MentionKind, Named, mentions, passage};
use proptest::prelude::*;

use crate::harness::watch::dry_needling;

fn named(text: &str, watch: &Watch) -> Vec<String> {
    mentions(text, watch)
        .into_iter()
        .map(|mention| {
            let kind = match mention.kind {
                MentionKind::Code => "code",
                MentionKind::LookAlike => "like",
                MentionKind::Word => "word",
                MentionKind::Policy => "ncd",
            };
            format!("{kind} {}={}", &text[mention.at], mention.term)
        })
        .collect()
}

/// Checks a list of passages and says all that are wrong.
#[track_caller]
fn check(passages: &[(&str, &[&str])]) {
    let watch = dry_needling();
    let wrong: Vec<String> = passages
        .iter()
        .filter_map(|(text, expected)| {
            let found = named(text, &watch);
            (found != *expected)
                .then(|| format!("{text:?}\n  found    {found:?}\n  expected {expected:?}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        passages.len(),
        wrong.join("\n")
    );
}

const NOTHING: &[&str] = &[];

#[test]
fn codes_stand_as_whole_tokens() {
    check(&[
        (
            "We propose to value CPT code 20560 at 0.32.",
            &["code 20560=20560"],
        ),
        (
            "CPT codes 20560 and 20561 (new codes).",
            &["code 20560=20560", "code 20561=20561"],
        ),
        ("CPT\u{ae} 20560", &["code 20560=20560"]),
        ("CPT\u{ae}20560", &["code 20560=20560"]),
        ("HCPCS20561 is listed", &["code HCPCS20561=20561"]),
        ("20560", &["code 20560=20560"]),
        ("(20560)", &["code 20560=20560"]),
        ("[20561]", &["code 20561=20561"]),
        ("\u{201c}20560\u{201d}", &["code 20560=20560"]),
        ("20560's descriptor", &["code 20560=20560"]),
        ("+20561", &["code 20561=20561"]),
        ("20560* new code", &["code 20560=20560"]),
        (
            "20560\u{b9} and 20561\u{b2}",
            &["code 20560=20560", "code 20561=20561"],
        ),
        ("The code is 20560.", &["code 20560=20560"]),
        (
            "Codes: 20560; 20561.",
            &["code 20560=20560", "code 20561=20561"],
        ),
        ("See the table. 20560 is new.", &["code 20560=20560"]),
        (
            "20560-59 and 20561-GP",
            &["code 20560=20560", "code 20561=20561"],
        ),
        ("a 20560-related edit", &["code 20560=20560"]),
        ("CPT code number 20560", &["code 20560=20560"]),
        ("CPT #20560", &["code 20560=20560"]),
        ("procedure code(s) 20560", &["code 20560=20560"]),
        (
            "20560 | SERVICE 20560 | 0.32 | 000",
            &["code 20560=20560", "code 20560=20560"],
        ),
        ("205601 120560 A20560 20560A 2056", NOTHING),
        ("20 560 and 205-60", NOTHING),
        ("20562 20559 30560", NOTHING),
    ]);
}

#[test]
fn ranges_stand_for_the_watched_codes_in_them() {
    let both = |range: &str| vec![format!("code {range}=20560"), format!("code {range}=20561")];
    let all = |range: &str| {
        let mut all = both(range);
        all.push(format!("like {range}=20552"));
        all.push(format!("like {range}=20553"));
        all
    };
    let watch = dry_needling();
    for (text, range, with_look_alikes) in [
        ("20560 through 20561", "20560 through 20561", false),
        ("codes 20560 thru 20561", "20560 thru 20561", false),
        ("20560-20561", "20560-20561", false),
        ("20560 \u{2013} 20561", "20560 \u{2013} 20561", false),
        ("20560\u{2014}20561", "20560\u{2014}20561", false),
        ("20560\u{2011}20561", "20560\u{2011}20561", false),
        ("20560\u{2010}\n20561", "20560\u{2010}\n20561", false),
        (
            "20560\u{a0}\u{2013}\u{a0}20561",
            "20560\u{a0}\u{2013}\u{a0}20561",
            false,
        ),
        ("20560 to 20561", "20560 to 20561", false),
        (
            "CPT codes 20560 through CPT code 20561",
            "20560 through CPT code 20561",
            false,
        ),
        ("between 20560 and 20561", "20560 and 20561", false),
        ("CPT codes 20552 to 20561", "20552 to 20561", true),
        ("20552-20561", "20552-20561", true),
        ("codes 20552\nthrough\n20561", "20552\nthrough\n20561", true),
        ("20550 through 20612", "20550 through 20612", true),
        ("surgery codes (10004-69990)", "10004-69990", true),
        ("20559\u{2013}20562", "20559\u{2013}20562", false),
    ] {
        let expected = if with_look_alikes {
            all(range)
        } else {
            both(range)
        };
        assert_eq!(named(text, &watch), expected, "{text}");
    }
    check(&[
        ("20560/20561", &["code 20560=20560", "code 20561=20561"]),
        ("20560,20561", &["code 20560=20560", "code 20561=20561"]),
        (
            "20552, 20553, and 20560",
            &["like 20552=20552", "like 20553=20553", "code 20560=20560"],
        ),
        (
            "20561-20560",
            &["code 20561-20560=20560", "code 20561-20560=20561"],
        ),
        ("20550-20551", NOTHING),
        ("20562 through 20600", NOTHING),
        ("G0283-20561", &["code G0283-20561=20561"]),
        (
            "97810-97814",
            &[
                "like 97810-97814=97810",
                "like 97810-97814=97811",
                "like 97810-97814=97813",
                "like 97810-97814=97814",
            ],
        ),
        (
            "20552-20553, 20560",
            &[
                "like 20552-20553=20552",
                "like 20552-20553=20553",
                "code 20560=20560",
            ],
        ),
        ("codes 2056X", &["code 2056X=20560", "code 2056X=20561"]),
        ("model 2056X", NOTHING),
    ]);
}

#[test]
fn look_alikes_are_never_the_watched_code() {
    check(&[
        (
            "Trigger injections are 20552 and 20553.",
            &["like 20552=20552", "like 20553=20553"],
        ),
        (
            "acupuncture codes 97810, 97811, 97813, 97814",
            &[
                "like 97810=97810",
                "like 97811=97811",
                "like 97813=97813",
                "like 97814=97814",
            ],
        ),
        (
            "97810 differs from 20560",
            &["like 97810=97810", "code 20560=20560"],
        ),
        ("97812", NOTHING),
    ]);
}

#[test]
fn invisible_characters_and_line_breaks_lose_nothing() {
    check(&[
        ("205\u{ad}60", &["code 205\u{ad}60=20560"]),
        ("2056\u{200b}0", &["code 2056\u{200b}0=20560"]),
        ("CPT\u{a0}code\u{a0}20560", &["code 20560=20560"]),
        ("CPT code\r\n20560\r\n", &["code 20560=20560"]),
        (
            "\u{ff12}\u{ff10}\u{ff15}\u{ff16}\u{ff10}",
            &["code \u{ff12}\u{ff10}\u{ff15}\u{ff16}\u{ff10}=20560"],
        ),
        ("2056\n0", NOTHING),
        ("dry\nneedling", &["word dry\nneedling=dry needling"]),
        ("DRY NEEDLING", &["word DRY NEEDLING=dry needling"]),
        ("dry-needling", &["word dry-needling=dry needling"]),
        (
            "dry\u{2011}needling",
            &["word dry\u{2011}needling=dry needling"],
        ),
        (
            "dry \u{2013} needling",
            &["word dry \u{2013} needling=dry needling"],
        ),
        (
            "dry\u{a0}\u{a0}needling",
            &["word dry\u{a0}\u{a0}needling=dry needling"],
        ),
        ("dry nee-\ndling", &["word dry nee-\ndling=dry needling"]),
        (
            "dry nee\u{ad}dling",
            &["word dry nee\u{ad}dling=dry needling"],
        ),
        ("dry-\n needling", &["word dry-\n needling=dry needling"]),
        (
            "Trigger points, trigger-point's",
            &[
                "word Trigger points=trigger point",
                "word trigger-point's=trigger point",
            ],
        ),
        ("dryneedling", &["word dryneedling=dry needling"]),
        (
            "sundry needling; dry needlings; dry needled",
            &["word dry needlings=dry needling"],
        ),
        ("dry, needling", NOTHING),
        ("trigger a point", NOTHING),
        (
            "\u{201c}dry needling\u{201d}",
            &["word dry needling=dry needling"],
        ),
    ]);
}

#[test]
fn sections_of_the_ncd_manual_are_named_whole() {
    check(&[
        ("NCD 30.3.3", &["ncd 30.3.3=NCD 30.3.3"]),
        ("under NCD 30.3.3, acupuncture", &["ncd 30.3.3=NCD 30.3.3"]),
        (
            "section 30.3.3 of the NCD Manual",
            &["ncd 30.3.3=NCD 30.3.3"],
        ),
        (
            "section 30.3.3 of the Medicare National Coverage Determinations Manual",
            &["ncd 30.3.3=NCD 30.3.3"],
        ),
        (
            "the NCD Manual (Pub. 100-03), chapter 1, \u{a7} 30.3.3",
            &["ncd 30.3.3=NCD 30.3.3"],
        ),
        ("the NCD for Acupuncture (30.3)", &["ncd 30.3=NCD 30.3"]),
        (
            "NCDs 30.3, 30.3.1, 30.3.2 and 30.3.3",
            &[
                "ncd 30.3=NCD 30.3",
                "ncd 30.3.1=NCD 30.3.1",
                "ncd 30.3.2=NCD 30.3.2",
                "ncd 30.3.3=NCD 30.3.3",
            ],
        ),
        ("NCD 130.3, NCD 30.30, NCD 30.3.3.1", NOTHING),
        ("the NCD raised it by 30.3 percent to $30.3", NOTHING),
        ("section 30.3.3 of the Claims Processing Manual", NOTHING),
        ("Pub. 100-04, chapter 32, section 30.3.3", NOTHING),
        ("section 30.3 of this rule", NOTHING),
        ("42 CFR 410.30.3 and the NCD", NOTHING),
    ]);
}

#[test]
fn numbers_that_only_look_like_codes_are_none() {
    for text in [
        "[CMS-20560-P]",
        "CMS-2056-P and CMS-20560",
        "CMS\u{2013}20560\u{2013}FC",
        "CMS-\n20560-F",
        "Docket No. 20560",
        "docket number 20560",
        "Docket ID: 20560",
        "$20,560",
        "$20560",
        "$ 20560 to $ 20561",
        "US$20560",
        "20560.00",
        "20,560 and 20,561",
        "1,20560",
        "20560,000",
        "0.20560",
        "91 FR 20560",
        "91 FR 20552, 20560, and 20561",
        "91 FR 20550 through 20570",
        "(85 FR 20560\u{2013}20561)",
        "84 Fed. Reg. 20560",
        "91 Federal Register 20560",
        "20560 Federal Register / Vol. 91, No. 134",
        "pages 20550-20570",
        "page 20560",
        "pp. 20550\u{2013}20570",
        "p. 20560",
        "pages 20552, 20560 and 20561",
        "[FR Doc. 2016-20560 Filed 4-14-16; 8:45 am]",
        "FR Doc. 20560",
        "document 2026-20560",
        "FR Document Number 20560",
        "AD 2020- 20560",
        "Baltimore, MD 20560",
        "Baltimore, MD 20560-1850",
        "Washington, DC 20560",
        "Washington, D.C. 20560",
        "Washington DC 20560",
        "Baltimore, Maryland 20560",
        "ZIP code 20560",
        "ZIP codes 20552, 20553, and 20560",
        "zip: 20560",
        "20560-0001",
        "20560 Security Boulevard",
        "20560 New York Avenue",
        "P.O. Box 20560",
        "Room 20560, Suite 20561",
        "1-800-20560",
        "(410) 20560",
        "410-786-20560",
        "telephone: 20560",
        "extension 20560",
        "OMB control number 0938-20560",
        "OMB No. 20560",
        "RIN 0938-20560",
        "RIN 20560",
        "at 10:20560",
        "20560:30",
        "120560 and 205600",
        "20560 hours",
        "20560 burden hours",
        "20560-hour",
        "approximately 20560",
        "20560 respondents",
        "20560%",
        "20560 percent",
        "20560 to 20561 patients",
        "n = 20560",
        "> 20560",
        "02121 thru 21211, 21214 thru 21221",
        "section 20560",
        "sections 20550 through 20570 of the Act",
        "\u{a7} 20560",
        "42 U.S.C. 20560",
        "42 CFR 20560",
        "20560(a)(1)",
        "https://www.cms.gov/files/20560",
        "www.cms.gov/20560/20561",
        "see cms.gov/medicare/20560.",
        "r20560otn.pdf and 20560.pdf",
        "mail20560@cms.gov, 20560@cms.gov",
        "https://www.cms.gov/files/\n20560",
        "20560-2056-01",
        "2056-20560-2",
        "NDC 20560",
        "transmittal 20560",
        "Change Request (CR) 120560; CR 20560",
        "Form CMS-20560",
        "diagnosis code 20560",
        "revenue codes 20560 and 20561",
        "file_20560_v2",
        "12/20560",
        "No. 20560",
        "number 20560",
    ] {
        assert_eq!(named(text, &dry_needling()), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_code_among_numbers_is_found() {
    check(&[
        (
            "(91 FR 20561), CPT code 20560, $20,561 and 20,560 hours",
            &["code 20560=20560"],
        ),
        (
            "In Baltimore, MD 20561, code 20560 was billed.",
            &["code 20560=20560"],
        ),
        (
            "According to CMS, 20560 is non-covered.",
            &["code 20560=20560"],
        ),
        (
            "CPT CODES 20552 OR 20560",
            &["like 20552=20552", "code 20560=20560"],
        ),
        ("on page 12, 20560 is listed", &["code 20560=20560"]),
        ("CPT code 20560 services", &["code 20560=20560"]),
        ("HCPCS code 20560 patients", &["code 20560=20560"]),
        (
            "TABLE 20: | HCPCS | 20560 | 20561 |",
            &["code 20560=20560", "code 20561=20561"],
        ),
        (
            "section 1848 of the Act; codes 20560",
            &["code 20560=20560"],
        ),
        ("needling/20560", &["code 20560=20560"]),
        (
            "20560 (1 or 2 muscles), 20561 (3 or more)",
            &["code 20560=20560", "code 20561=20561"],
        ),
        (
            "code 20560\u{2014}dry needling",
            &["code 20560=20560", "word dry needling=dry needling"],
        ),
        (
            "1 Codes 20560, 20561: see section II.",
            &["code 20560=20560", "code 20561=20561"],
        ),
        ("20560 at CMS.gov", &["code 20560=20560"]),
    ]);
}

#[test]
fn watching_all_codes_needs_the_word_code() {
    let watch = Watch {
        codes: Codes::All,
        ..dry_needling()
    };
    for (text, expected) in [
        (
            "CPT codes 97110, 97112",
            vec!["code 97110=97110", "code 97112=97112"],
        ),
        (
            "HCPCS G0283 and 0101T",
            vec!["code G0283=G0283", "code 0101T=0101T"],
        ),
        ("97110 of 12345", vec![]),
        (
            "codes 20552 and 20560",
            vec!["like 20552=20552", "code 20560=20560"],
        ),
        ("20552", vec!["like 20552=20552"]),
        ("dry needling", vec!["word dry needling=dry needling"]),
        (
            "codes 97110 through 97112",
            vec![
                "code 97110 through 97112=97110",
                "code 97110 through 97112=97112",
            ],
        ),
    ] {
        assert_eq!(named(text, &watch), expected, "{text}");
    }
}

#[test]
fn a_passage_is_cut_around_what_it_names() {
    let watch = dry_needling();
    let filler = "many words of no importance ".repeat(60);
    let text = format!("{filler} code 20560 here {filler} dry\u{ad} needling {filler}");
    let heading = ["II. Provisions".to_owned(), "E. Codes".to_owned()];
    let excerpt = Excerpt {
        text: &text,
        heading: &heading,
        page: "91 FR 43850",
    };
    let passage = passage(excerpt, &mentions(&text, &watch));
    assert_eq!(passage.terms, ["20560", "dry needling"]);
    assert!(passage.text.len() < 800, "{}", passage.text);
    assert!(passage.text.starts_with("\u{2026} "));
    assert!(passage.text.contains("code 20560 here"));
    assert!(passage.text.contains("dry needling"));

    let mut named = Named::default();
    for text in [
        "20552 and 20560",
        "20552 only",
        "nothing",
        "NCD 30.3.3 on trigger points",
    ] {
        named.read(
            Excerpt {
                text,
                heading: &heading,
                page: "",
            },
            &watch,
        );
    }
    assert_eq!(named.terms(), "20560, NCD 30.3.3, trigger point");
    let terms: Vec<_> = named
        .passages
        .iter()
        .map(|passage| passage.terms.join("+"))
        .collect();
    assert_eq!(terms, ["20560", "NCD 30.3.3+trigger point"]);
    assert_eq!(
        named.look_alikes_value(),
        "20552 | II. Provisions > E. Codes |  | 20552 only"
    );
}

#[test]
fn hostile_texts_are_read_once() {
    let watch = dry_needling();
    for piece in [
        "1",
        "-",
        "20560",
        "20560-",
        "20560,",
        "20560 ",
        "20560/",
        "30.3.3 ",
        "section 30.3.3 ",
        "NCD 30.3,",
        "dry-",
        "d",
        "$",
        "(",
        "(20560",
        "20560 to ",
        "code ",
        "U.S.C.",
        ".",
        "\u{ad}",
        "\n",
        "www.",
        "00100-99499 ",
        "dry ",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        mentions(&text, &watch);
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,80}") {
        check_places(&text)?;
    }

    #[test]
    fn text_of_the_kind_is_read(text in "(20560|20561|20552|CPT|code|-|\u{2013}|,| |\n|\u{ad}|\\.|/|\\$|30\\.3|NCD|dry|needling|through|FR|[0-9]){0,20}") {
        check_places(&text)?;
    }

    #[test]
    fn breaking_a_word_loses_no_mention(at in 0usize..12, what in "\u{ad}|\n|\u{ad}\n|\u{200b}") {
        let mut text = "dry needling".to_owned();
        text.insert_str(at, &what);
        let text = format!("of {text} and");
        let found = named(&text, &dry_needling());
        prop_assert_eq!(found.len(), 1, "{:?}", text);
        prop_assert!(found[0].starts_with("word ") && found[0].ends_with("=dry needling"));
    }

    #[test]
    fn a_soft_hyphen_changes_no_code(at in 0usize..5) {
        let mut text = "20560".to_owned();
        text.insert(at, '\u{ad}');
        let found = named(&format!("code {text}, 97140"), &dry_needling());
        prop_assert_eq!(found.len(), 1);
    }
}

fn check_places(text: &str) -> Result<(), TestCaseError> {
    let watch = dry_needling();
    let found = mentions(text, &watch);
    for mention in &found {
        prop_assert!(
            text.get(mention.at.clone())
                .is_some_and(|name| !name.is_empty())
        );
    }
    let excerpt = Excerpt {
        text,
        heading: &[],
        page: "",
    };
    passage(excerpt, &found);
    Ok(())
}
