//! When a recipient wants to be told: at once, in a digest, not at night.

use std::fmt;

use chrono::NaiveTime;

use super::change::Severity;

/// How often news of one weight is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Rhythm {
    /// As soon as it is known.
    #[default]
    AtOnce,
    /// In one message a day.
    Daily,
    /// In one message a week, on Monday.
    Weekly,
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtOnce => "immediately",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        })
    }
}

/// Hours in which nothing is sent that can wait, on the clock of the practice. They may go over midnight:
/// from 20:00 until 07:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute.
    pub from: NaiveTime,
    /// The first minute that is not quiet any more.
    pub until: NaiveTime,
}

impl QuietHours {
    /// Whether this time of day is quiet.
    pub fn contain(self, time: NaiveTime) -> bool {
        if self.from <= self.until {
            self.from <= time && time < self.until
        } else {
            self.from <= time || time < self.until
        }
    }
}

/// The wishes of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Courtesy {
    /// How often changes of coverage are told.
    pub coverage: Rhythm,
    /// Changes of payment.
    pub payment: Rhythm,
    /// Changes of coding.
    pub coding: Rhythm,
    /// Everything below.
    pub administrative: Rhythm,
    /// When digests go out, on the clock of the practice.
    pub digest_at: NaiveTime,
    /// Hours in which nothing is sent but changes of coverage.
    pub quiet: Option<QuietHours>,
    /// Whether a message comes every week that tells how coverd and its sources are.
    pub still_watching: bool,
    /// Whether one message comes, once, that shows what coverd says today.
    pub welcome: bool,
}

impl Default for Courtesy {
    fn default() -> Self {
        Self {
            coverage: Rhythm::AtOnce,
            payment: Rhythm::AtOnce,
            coding: Rhythm::AtOnce,
            administrative: Rhythm::AtOnce,
            // seven o'clock
            digest_at: NaiveTime::MIN + chrono::TimeDelta::hours(7),
            quiet: None,
            still_watching: false,
            welcome: false,
        }
    }
}

impl Courtesy {
    /// How often news of this weight is told.
    pub fn rhythm(&self, severity: Severity) -> Rhythm {
        match severity {
            Severity::Coverage => self.coverage,
            Severity::Payment => self.payment,
            Severity::Coding => self.coding,
            Severity::Administrative => self.administrative,
        }
    }
}
