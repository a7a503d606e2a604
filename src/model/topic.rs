//! What a statement is about: subject, place and stage.

use std::fmt;

use super::code::{HcpcsCode, Service};

/// What a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A row of a code list: a code, with its modifier.
    Service(Service),
    /// A coverage policy, by the name CMS gives it: `NCD 30.3.3`.
    Policy(String),
    /// A schedule itself, for what belongs to no code: `PFS` has the conversion factor.
    Schedule(String),
    /// A pair of codes that one practitioner may not bill for one patient and day as if each stood
    /// alone (NCCI procedure-to-procedure edit).
    Pair(Pair),
    /// A document of the Federal Register, by its number: `2026-14327`.
    Rule(String),
    /// A configured page, by its configured name.
    Page(String),
}

/// An NCCI procedure-to-procedure edit: column 1 is paid, column 2 is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The code that is paid.
    pub column1: HcpcsCode,
    /// The code that is denied beside it.
    pub column2: HcpcsCode,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.column1, self.column2)
    }
}

impl std::str::FromStr for Pair {
    type Err = super::code::InvalidCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column1, column2) = text.split_once(" with ").unwrap_or((text, ""));
        Ok(Self {
            column1: column1.parse()?,
            column2: column2.parse()?,
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => service.fmt(f),
            Self::Policy(name) | Self::Schedule(name) => f.write_str(name),
            Self::Pair(pair) => pair.fmt(f),
            Self::Rule(number) => write!(f, "FR {number}"),
            Self::Page(name) => write!(f, "page {name}"),
        }
    }
}

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The whole country.
    National,
    /// A payment locality: the Medicare administrative contractor's five-digit number and the
    /// two-digit locality number, `01112-05`.
    Locality(LocalityId),
    /// The area of one contractor, by its five-digit number.
    Contractor(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::National => f.write_str("national"),
            Self::Locality(id) => write!(f, "locality {id}"),
            Self::Contractor(number) => write!(f, "contractor {number}"),
        }
    }
}

/// A payment locality: MAC number and locality number, with the zeros that csv files lose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalityId {
    mac: String,
    number: String,
}

impl LocalityId {
    /// Reads the two cells; lost leading zeros are put back (`2102`, `0` is `02102`, `00`).
    ///
    /// # Errors
    /// When a cell is not a number of at most five, respectively two, digits.
    pub fn new(mac: &str, number: &str) -> Result<Self, InvalidLocality> {
        let (mac, number) = (mac.trim(), number.trim());
        let digits = |text: &str, longest: usize| {
            !text.is_empty() && text.len() <= longest && text.bytes().all(|b| b.is_ascii_digit())
        };
        if digits(mac, 5) && digits(number, 2) {
            Ok(Self {
                mac: format!("{mac:0>5}"),
                number: format!("{number:0>2}"),
            })
        } else {
            Err(InvalidLocality {
                text: format!("{mac}-{number}").chars().take(40).collect(),
            })
        }
    }
}

impl std::str::FromStr for LocalityId {
    type Err = InvalidLocality;

    fn from_str(text: &str) -> Result<Self, InvalidLocality> {
        let (mac, number) = text.split_once('-').ok_or_else(|| InvalidLocality {
            text: text.chars().take(40).collect(),
        })?;
        Self::new(mac, number)
    }
}

impl fmt::Display for LocalityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.mac, self.number)
    }
}

/// Text that names no payment locality.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is not a payment locality: write MAC number and locality number as 01112-05 (CMS lists them in the GPCI file of every RVU release)"
)]
pub struct InvalidLocality {
    text: String,
}

/// How far a rule has come. A proposal is never taken for a final rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It holds.
    InForce,
    /// A proposed rule, named by its docket (`CMS-1848-P`), would make it hold.
    ProposedBy(String),
    /// A final rule, named by its docket (`CMS-1848-F`), makes it hold from a coming day.
    FinalBy(String),
}

impl Stage {
    /// The rulemaking that a rule belongs to: its docket without the suffix of the document,
    /// `CMS-1848` of `CMS-1848-P`, `CMS-1848-F2` and `CMS-1848-CN`.
    pub fn rulemaking(&self) -> Option<&str> {
        match self {
            Self::InForce => None,
            Self::ProposedBy(docket) | Self::FinalBy(docket) => Some(rulemaking(docket)),
        }
    }
}

/// A docket without the suffix of the document; a docket without suffix is what it is.
pub fn rulemaking(docket: &str) -> &str {
    match docket.rsplit_once('-') {
        Some((base, suffix)) if base.contains('-') && suffix.starts_with(char::is_alphabetic) => {
            base
        }
        _ => docket,
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InForce => f.write_str("in force"),
            Self::ProposedBy(rule) => write!(f, "proposed by {rule}"),
            Self::FinalBy(rule) => write!(f, "final by {rule}"),
        }
    }
}

/// Subject, place and stage: all that one row of a document speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// What the statement is about.
    pub subject: Subject,
    /// Where it holds.
    pub place: Place,
    /// How far it has come.
    pub stage: Stage,
}

impl Topic {
    /// A national rule at a stage.
    pub fn staged(subject: Subject, stage: Stage) -> Self {
        Self {
            subject,
            place: Place::National,
            stage,
        }
    }

    /// Whether a full list of codes speaks of the topic by not naming it: national rows in force.
    pub fn is_listable(&self) -> bool {
        matches!(self.subject, Subject::Service(_))
            && self.place == Place::National
            && self.stage == Stage::InForce
    }

    /// A national rule in force.
    pub fn national(subject: Subject) -> Self {
        Self {
            subject,
            place: Place::National,
            stage: Stage::InForce,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.subject.fmt(f)?;
        if self.place != Place::National {
            write!(f, ", {}", self.place)?;
        }
        if self.stage != Stage::InForce {
            write!(f, ", {}", self.stage)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_documents_of_a_rulemaking_have_its_name() {
        for docket in [
            "CMS-1848-P",
            "CMS-1848-F",
            "CMS-1848-FC",
            "CMS-1848-F2",
            "CMS-1848-CN2",
            "CMS-1848",
        ] {
            assert_eq!(
                Stage::FinalBy(docket.to_owned()).rulemaking(),
                Some("CMS-1848")
            );
        }
        assert_eq!(rulemaking("0938-AV82"), "0938-AV82");
        assert_eq!(Stage::InForce.rulemaking(), None);
    }

    #[test]
    fn a_locality_gets_its_zeros_back() {
        assert_eq!(
            LocalityId::new("2102", "1").map(|l| l.to_string()),
            Ok("02102-01".to_owned())
        );
        assert_eq!(
            "01112-05".parse::<LocalityId>().map(|l| l.to_string()),
            Ok("01112-05".to_owned())
        );
        for bad in ["", "01112", "x-05", "011122-05", "01112-005"] {
            assert!(bad.parse::<LocalityId>().is_err(), "{bad}");
        }
    }
}
