//! The text of PDFs, by a process that may die: of honest ones exactly, of hostile ones an error in time,
//! and nothing left behind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use coverd::io::pdf::{PdfConfig, PdfError, PdfReader};
use coverd::parse::pdf::normalised;

use crate::harness::pdf::{assemble, file, pdf, stream, zlib};

const PAGES: [&str; 3] = [
    "SUBJECT: Update of the fee schedule (file)\nI. SUMMARY OF CHANGES: one paragraph\nthat goes on in a second line.\n\nAnother paragraph.",
    "CPT | Action | Status\n20560 | Status indicator changes | A\n20561 | Status indicator changes | A",
    "The last page",
];
const TEXT: &str = "SUBJECT: Update of the fee schedule (file)\nI. SUMMARY OF CHANGES: one paragraph\nthat goes on in a second line.\n\nAnother paragraph.\x0cCPT  Action  Status\n20560  Status indicator changes  A\n20561  Status indicator changes  A\x0cThe last page";

fn config(command: &[&str]) -> PdfConfig {
    PdfConfig::new(
        PathBuf::from(env!("CARGO_BIN_EXE_coverd")),
        command.iter().map(|&word| word.to_owned()).collect(),
    )
}

/// What a command makes of a PDF that it need not look at.
async fn said_by(command: &[&str]) -> Result<String, PdfError> {
    PdfReader::new(config(command)).text(b"%PDF-1.5").await
}

fn own() -> PdfReader {
    let mut config = config(&[]);
    // A defect that hangs shall not hang the tests, but a slow machine is none.
    config.deadline = Duration::from_mins(1);
    config.limits.processor = Duration::from_secs(5);
    config.limits.memory = 120_000_000;
    PdfReader::new(config)
}

/// A process that is gone has no folder there; one that nobody waited for still has.
async fn is_gone(id: &str) -> bool {
    let folder = Path::new("/proc").join(id.trim());
    for _ in 0..200 {
        if !folder.exists() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn lines_columns_paragraphs_and_pages_are_kept() {
    for compressed in [false, true] {
        let text = own().text(&pdf(&PAGES, compressed)).await.unwrap();
        assert_eq!(normalised(&text), TEXT, "compressed: {compressed}");
    }
}

#[tokio::test]
async fn a_cut_pdf_says_all_or_nothing() {
    let whole = pdf(&PAGES, true);
    let mut refused = 0;
    for end in (0..whole.len()).step_by(37) {
        match own().text(&whole[..end]).await {
            Ok(text) => assert_eq!(normalised(&text), TEXT, "cut at {end}"),
            Err(PdfError::Ended { .. }) => refused += 1,
            Err(other) => panic!("cut at {end}: {other}"),
        }
    }
    assert!(refused > 20, "{refused}");
}

#[tokio::test]
async fn hostile_pdfs_end_in_an_error() {
    let reader = own();
    for (what, bytes) in hostile() {
        let ended = reader.text(&bytes).await;
        assert!(
            matches!(ended, Err(PdfError::Ended { .. })),
            "{what}: {:?}",
            ended.map(|text| text.chars().take(100).collect::<String>())
        );
    }
    // Whatever became of the children: the reader goes on.
    assert!(reader.text(&pdf(&PAGES, true)).await.is_ok());
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let with_page = |page: &str, more: &[Vec<u8>]| {
        let mut objects = vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
            page.as_bytes().to_vec(),
        ];
        objects.extend_from_slice(more);
        file(&objects)
    };
    let mut seed = 7_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56).to_le_bytes()[0]
    })
    .take(200_000)
    .collect();
    let after_header = |bytes: &[u8]| [b"%PDF-1.5\n".as_slice(), bytes, b"\n%%EOF\n"].concat();
    let letters = b"BT /F1 8 Tf 1 0 0 1 40 40 Tm (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx) Tj ET\n";
    let long = zlib(&letters.repeat(1_000_000));
    let media = "/MediaBox [0 0 612 792]";
    vec![
        ("nothing", Vec::new()),
        ("only a header", after_header(b"")),
        ("noise", noise.clone()),
        ("noise after a header", after_header(&noise)),
        ("open brackets", after_header(&b"[".repeat(3_000_000))),
        ("open dictionaries", after_header(&b"<<".repeat(2_000_000))),
        ("open strings", after_header(&b"(".repeat(3_000_000))),
        (
            "an array that nests in a page",
            with_page(
                &format!(
                    "<< /Type /Page /Parent 2 0 R {media} /Annots {}{} >>",
                    "[".repeat(200_000),
                    "]".repeat(200_000)
                ),
                &[],
            ),
        ),
        (
            "a page that is its own parent",
            with_page(
                "<< /Type /Page /Parent 3 0 R /Contents 4 0 R >>",
                &[stream("", letters)],
            ),
        ),
        (
            "a page without a size",
            with_page("<< /Type /Page /Contents 4 0 R >>", &[stream("", letters)]),
        ),
        (
            "a form that shows itself",
            with_page(
                &format!(
                    "<< /Type /Page /Parent 2 0 R {media} /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>"
                ),
                &[
                    stream("", b"/X Do"),
                    stream(
                        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>",
                        b"/X Do",
                    ),
                ],
            ),
        ),
        (
            "a small stream that is endless",
            assemble(&[stream("/Filter [/FlateDecode /FlateDecode]", &zlib(&long))]),
        ),
    ]
}

#[tokio::test]
async fn an_endless_child_is_killed_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids");
    let mut config = config(&[
        "sh",
        "-c",
        "sleep 1000 & echo $$ $! > \"$0\"; wait",
        file.to_str().unwrap(),
    ]);
    config.deadline = Duration::from_secs(3);
    let ended = PdfReader::new(config).text(b"%PDF-1.5").await;
    assert!(matches!(ended, Err(PdfError::Deadline(_))), "{ended:?}");
    let ids = std::fs::read_to_string(&file).unwrap();
    assert_eq!(ids.split_whitespace().count(), 2);
    for id in ids.split_whitespace() {
        assert!(is_gone(id).await, "{id} of {ids}");
    }
}

#[tokio::test]
async fn a_reading_that_nobody_waits_for_any_more_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let reader = PdfReader::new(config(&[
        "sh",
        "-c",
        "echo $$ > \"$0\"; exec sleep 1000",
        file.to_str().unwrap(),
    ]));
    let written = async {
        while std::fs::read_to_string(&file)
            .unwrap_or_default()
            .is_empty()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        ended = reader.text(b"%PDF-1.5") => panic!("{ended:?}"),
        () = written => {}
    }
    let id = std::fs::read_to_string(&file).unwrap();
    assert!(is_gone(&id).await, "{id}");
}

#[tokio::test]
async fn a_child_that_talks_for_ever_is_cut_short() {
    let mut config = config(&["yes"]);
    config.max_text = 1_000_000;
    let ended = PdfReader::new(config).text(b"%PDF-1.5").await;
    assert!(
        matches!(ended, Err(PdfError::TooLong(1_000_000))),
        "{ended:?}"
    );
    // The own reader stops by itself.
    let mut config = self::config(&[]);
    config.max_text = 100;
    let ended = PdfReader::new(config).text(&pdf(&PAGES, true)).await;
    let said = ended.unwrap_err().to_string();
    assert!(said.contains("more than 100 bytes of text"), "{said}");
}

#[tokio::test]
async fn a_child_that_dies_is_an_error_that_says_how() {
    let killed = said_by(&["sh", "-c", "echo half a text; kill -9 $$"]).await;
    let said = killed.unwrap_err().to_string();
    assert!(said.contains("signal: 9"), "{said}");
    let failed = said_by(&["sh", "-c", "echo half; echo 'no trailer' >&2; exit 7"]).await;
    let said = failed.unwrap_err().to_string();
    assert!(said.contains("exit status: 7: no trailer"), "{said}");
}

#[tokio::test]
async fn a_missing_program_is_named_with_what_to_do() {
    let said = said_by(&["no-such-program", "-"])
        .await
        .unwrap_err()
        .to_string();
    assert!(said.contains("cannot run 'no-such-program'"), "{said}");
    assert!(said.contains("pdf_command under [fetch]"), "{said}");
    let mut config = config(&[]);
    config.program = PathBuf::from("/no/such/coverd");
    let ended = PdfReader::new(config).text(b"%PDF-1.5").await;
    let said = ended.unwrap_err().to_string();
    assert!(
        said.contains("/no/such/coverd, cannot be started"),
        "{said}"
    );
}

#[tokio::test]
async fn a_command_gets_limits_and_no_environment() {
    let text = said_by(&["sh", "-c", "ulimit -v; ulimit -t; ulimit -c"])
        .await
        .unwrap();
    assert_eq!(text, "585937\n120\n0\n");
    let text = said_by(&["env"]).await.unwrap();
    let mut names: Vec<_> = text
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["LC_ALL", "PATH"]);
    assert_eq!(said_by(&["pwd"]).await.unwrap(), "/\n");
}

#[tokio::test]
async fn a_command_may_leave_its_input_and_complain_at_length() {
    let reader = PdfReader::new(config(&["echo", "done"]));
    assert_eq!(reader.text(&vec![b'%'; 5_000_000]).await.unwrap(), "done\n");
    let noisy = "yes x | head -c 3000000 >&2; echo done";
    assert_eq!(said_by(&["sh", "-c", noisy]).await.unwrap(), "done\n");
    let ended = said_by(&["printf", "\\377"]).await;
    assert!(matches!(ended, Err(PdfError::NotText)), "{ended:?}");
}

#[tokio::test]
async fn a_command_is_given_the_whole_pdf() {
    let bytes = vec![b'x'; 3_000_000];
    let text = PdfReader::new(config(&["cat"])).text(&bytes).await.unwrap();
    assert!(text.as_bytes() == bytes, "{} bytes", text.len());
    let mut config = config(&["cat"]);
    config.max_bytes = 1_000;
    let ended = PdfReader::new(config).text(&bytes).await;
    assert!(
        matches!(ended, Err(PdfError::TooLarge(3_000_000, 1_000))),
        "{ended:?}"
    );
}
