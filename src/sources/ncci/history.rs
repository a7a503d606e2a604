//! What the rows of one pair say: from which day on the edit holds, and from which day on it does not.
//!
//! A quarterly file lists the whole history of a pair, one row for each time that an edit was made. The
//! deletion date is the last day on which the edit holds (deletions are dated to the end of a quarter). A row
//! whose deletion date is its effective date (modifier indicator 9) is an edit that CMS took back for all
//! its days: it never applied. Such a row may stand beside another one of the same pair and day that
//! does apply.

use chrono::NaiveDate;

/// Most rows of one pair; real files have a handful.
const MOST_ROWS: usize = 60;

/// A row of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// First day on which it holds.
    pub(super) effective: NaiveDate,
    /// Last day on which it holds; `None` while it does.
    pub(super) deleted: Option<NaiveDate>,
    /// Modifier indicator: `0`, `1`, `9`.
    pub(super) modifier: char,
    pub(super) rationale: String,
    /// Its line in the file.
    pub(super) line: u64,
    pub(super) quote: String,
}

impl Edit {
    /// Whether CMS took it back for all its days.
    fn never_applied(&self) -> bool {
        self.deleted
            .is_some_and(|deleted| deleted <= self.effective)
    }

    fn holds_on(&self, day: NaiveDate) -> bool {
        !self.never_applied()
            && self.effective <= day
            && self.deleted.is_none_or(|deleted| day <= deleted)
    }

    /// The first day on which it no longer holds.
    fn ends(&self) -> Option<NaiveDate> {
        self.deleted?.succ_opt()
    }
}

/// What holds from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step<'e> {
    pub(super) from: NaiveDate,
    /// The edit that holds; `None`: no edit does.
    pub(super) holds: Option<&'e Edit>,
    /// The row that says so.
    pub(super) proof: &'e Edit,
}

/// The steps of a pair's history, the earliest first. Where rows overlap, the one that was made later
/// counts from its day on.
///
/// # Errors
/// When two rows of the same day hold on it and say different things, or there are too many of them.
pub(super) fn steps(edits: &[Edit]) -> Result<Vec<Step<'_>>, String> {
    if edits.len() > MOST_ROWS {
        return Err(format!("{} rows for one pair", edits.len()));
    }
    let mut days: Vec<(NaiveDate, &Edit)> = Vec::new();
    for edit in edits {
        days.push((edit.effective, edit));
        if !edit.never_applied() {
            days.extend(edit.ends().map(|end| (end, edit)));
        }
    }
    days.sort_by_key(|(day, edit)| (*day, edit.line));
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (day, edit) in days {
        let mut holds: Option<&Edit> = None;
        for other in edits.iter().filter(|other| other.holds_on(day)) {
            match holds {
                Some(held) if held.effective > other.effective => {}
                Some(held) if held.effective == other.effective => {
                    if (held.modifier, &held.rationale) != (other.modifier, &other.rationale) {
                        return Err(format!(
                            "lines {} and {} hold on the same days and differ",
                            held.line, other.line
                        ));
                    }
                }
                _ => holds = Some(other),
            }
        }
        let step = Step {
            from: day,
            holds,
            proof: holds.unwrap_or(edit),
        };
        if let Some(last) = steps.last_mut() {
            if last.from == day {
                *last = step;
                continue;
            }
            let same = |edit: &Edit| (edit.modifier, edit.rationale.clone());
            if last.holds.map(same) == holds.map(same) {
                continue;
            }
        }
        steps.push(step);
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y%m%d").unwrap()
    }

    /// `effective deleted modifier`, as the file has them.
    fn edits(rows: &[&str]) -> Vec<Edit> {
        let of = |(line, row): (usize, &&str)| {
            let cells: Vec<&str> = row.split(' ').collect();
            Edit {
                effective: day(cells[0]),
                deleted: (cells[1] != "*").then(|| day(cells[1])),
                modifier: cells[2].chars().next().unwrap(),
                rationale: "Misuse".to_owned(),
                line: u64::try_from(line).unwrap() + 7,
                quote: (*row).to_owned(),
            }
        };
        rows.iter().enumerate().map(of).collect()
    }

    fn said(rows: &[&str]) -> Vec<String> {
        let edits = edits(rows);
        let steps = steps(&edits).unwrap();
        let say = |step: &Step<'_>| {
            let held = step.holds.map_or('-', |edit| edit.modifier);
            format!("{} {held}", step.from.format("%Y%m%d"))
        };
        steps.iter().map(say).collect()
    }

    #[test]
    fn an_edit_holds_from_its_first_to_its_last_day() {
        assert_eq!(said(&["20200101 * 1"]), ["20200101 1"]);
        assert_eq!(said(&["20180701 20260630 1"]), ["20180701 1", "20260701 -"]);
        assert_eq!(
            said(&["20180101 20191231 1", "20200101 * 0"]),
            ["20180101 1", "20200101 0"]
        );
        assert_eq!(
            said(&["20210101 * 1", "20180101 20191231 1"]),
            ["20180101 1", "20200101 -", "20210101 1"]
        );
    }

    #[test]
    fn an_edit_deleted_on_its_first_day_never_applied() {
        assert_eq!(said(&["20200101 20200101 9"]), ["20200101 -"]);
        // Both found in the real file of 2026.
        assert_eq!(
            said(&["19960101 19960101 9", "19960101 * 0"]),
            ["19960101 0"]
        );
        assert_eq!(
            said(&["19990701 20041231 1", "19990701 19990701 9"]),
            ["19990701 1", "20050101 -"]
        );
        assert_eq!(said(&["20200101 20191231 1"]), ["20200101 -"]);
    }

    #[test]
    fn a_later_row_counts_from_its_day_on_and_contradictions_are_refused() {
        assert_eq!(
            said(&["20100101 * 1", "20150101 20151231 0"]),
            ["20100101 1", "20150101 0", "20160101 1"]
        );
        assert_eq!(
            said(&["20100101 20121231 1", "20130101 * 1"]),
            ["20100101 1"]
        );
        assert!(steps(&edits(&["20100101 * 1", "20100101 * 0"])).is_err());
        assert!(steps(&edits(&["20100101 * 1"; 61])).is_err());
        assert_eq!(said(&["20100101 * 1"; 2]), ["20100101 1"]);
    }
}
