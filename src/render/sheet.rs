//! The sheet of a bundle of evidence: what changed, by which rows of which documents, for a reader who has
//! neither coverd nor a network.

use std::fmt::Write as _;

use askama::Template;

use super::mail::NO_ADVICE;

/// Everything on the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// What changed, in a line.
    pub title: String,
    /// Name of the practice; may be empty.
    pub practice: String,
    /// Label and value.
    pub facts: Vec<(String, String)>,
    /// What moved: of what, from, to, for which days.
    pub moves: Vec<[String; 4]>,
    /// What it does to payments: of what, where, before, after, the change.
    pub dollars: Vec<[String; 5]>,
    /// The documents, those before first.
    pub documents: Vec<SheetDocument>,
    /// How to check it, in steps.
    pub steps: Vec<Step>,
}

/// A document of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetDocument {
    /// Before or after, and the edition.
    pub title: String,
    /// Address, dates, hash, file.
    pub facts: Vec<(String, String)>,
    /// Place in the document, and the row or passage there.
    pub quotes: Vec<(String, String)>,
    /// The answers by which it came, each in a line.
    pub captures: Vec<String>,
}

/// A step of checking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it shows.
    pub words: String,
    /// What to type; may be empty.
    pub command: String,
}

#[derive(Template)]
#[template(path = "evidence.html", whitespace = "minimize")]
struct EvidencePage<'a> {
    title: &'a str,
    practice: &'a str,
    advice: &'a str,
    sheet: &'a Sheet,
}

impl Sheet {
    /// The sheet as a page that fetches nothing from elsewhere.
    ///
    /// # Errors
    /// When the template fails, which is a defect.
    pub fn to_html(&self) -> Result<String, askama::Error> {
        EvidencePage {
            title: &self.title,
            practice: &self.practice,
            advice: NO_ADVICE,
            sheet: self,
        }
        .render()
    }

    /// The steps alone, as plain text.
    pub fn to_readme(&self) -> String {
        let mut text = format!("{}\n\n", self.title);
        text.push_str(
            "evidence.html is the readable sheet of this bundle, evidence.json the same for programs.\n\
             documents/ holds what CMS served, byte for byte; captures/ when, whence and with which\n\
             headers each of them came.\n\nTo check it without coverd:\n\n",
        );
        for (number, step) in self.steps.iter().enumerate() {
            let _ = writeln!(text, "{}. {}", number + 1, step.words);
            if !step.command.is_empty() {
                let _ = write!(text, "\n       {}\n", step.command);
            }
            text.push('\n');
        }
        text
    }
}
