//! When a problem is told, and when it is over.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::health::{OpenProblem, Problem, ProblemKind};
use crate::model::record::ProblemRecord;

/// What to keep and whom to tell after a check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assessment {
    /// For the store: problems as they stand.
    pub record: ProblemRecord,
    /// Problems to tell the operator now.
    pub tell: Vec<OpenProblem>,
    /// Problems that were told and are over: told as well.
    pub recovered: Vec<OpenProblem>,
}

/// How long a told problem may last before it is told again.
const REMIND_AFTER: TimeDelta = TimeDelta::days(7);

/// How often in a row an unanswered request is taken for a passing fault.
const PASSING_TIMES: u32 = 1;

/// Compares what was wrong with what is wrong.
///
/// `looked_at` says whether the check got far enough to see a problem again: one that could not be
/// looked at stays as it is. A problem is told once; again after a week; and when it is over. A
/// server that does not answer, and a page that says one thing now and another in a moment, is told from
/// the second check in a row on.
pub fn assess(
    open: Vec<OpenProblem>,
    found: Vec<Problem>,
    looked_at: impl Fn(&Problem) -> bool,
    now: DateTime<Utc>,
) -> Assessment {
    let mut assessment = Assessment::default();
    let mut found: Vec<Problem> = found;
    found.sort_by(|a, b| a.identity().cmp(&b.identity()));
    found.dedup_by(|a, b| a.identity() == b.identity());

    for known in open {
        if let Some(at) = found
            .iter()
            .position(|problem| problem.identity() == known.problem.identity())
        {
            let problem = found.swap_remove(at);
            assessment.keep(
                OpenProblem {
                    problem,
                    times: known.times.saturating_add(1),
                    ..known
                },
                now,
            );
        } else if looked_at(&known.problem) {
            if known.told.is_some() {
                assessment.recovered.push(known.clone());
            }
            assessment.record.closed.push(known);
        }
    }
    for problem in found {
        assessment.keep(
            OpenProblem {
                problem,
                since: now,
                times: 1,
                told: None,
            },
            now,
        );
    }
    assessment
}

impl Assessment {
    fn keep(&mut self, mut open: OpenProblem, now: DateTime<Utc>) {
        let may_pass = matches!(
            open.problem.kind,
            ProblemKind::Unreachable | ProblemKind::Unstable
        );
        let passing = may_pass && open.times <= PASSING_TIMES;
        let due = open
            .told
            // Told in a week that is to come: the clock was wrong then, or is now.
            .map_or(!passing, |told| (now - told).abs() >= REMIND_AFTER);
        if due {
            open.told = Some(now);
            self.tell.push(open.clone());
        }
        self.record.open.push(open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: ProblemKind) -> Problem {
        Problem {
            source: "pfs".into(),
            subject: "RVU20B".into(),
            kind,
            text: "text".into(),
            remedy: "remedy".into(),
        }
    }

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    fn run(kind: ProblemKind, days: impl IntoIterator<Item = bool>) -> (Vec<i64>, Vec<i64>) {
        let (mut open, mut told, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for (number, broken) in (0..).zip(days) {
            let found = if broken { vec![problem(kind)] } else { vec![] };
            let assessment = assess(open, found, |_| true, day(number));
            told.extend(assessment.tell.iter().map(|_| number));
            over.extend(assessment.recovered.iter().map(|_| number));
            open = assessment.record.open;
        }
        (told, over)
    }

    #[test]
    fn a_problem_is_told_once_then_weekly_and_its_end_once() {
        let days = std::iter::repeat_n(true, 16).chain([false, false]);
        assert_eq!(run(ProblemKind::Shape, days), (vec![0, 7, 14], vec![16]));
    }

    #[test]
    fn a_server_that_misses_one_check_is_a_passing_fault() {
        assert_eq!(
            run(
                ProblemKind::Unreachable,
                [true, false, true, true, true, false]
            ),
            (vec![3], vec![5])
        );
    }

    #[test]
    fn a_problem_that_was_told_by_a_clock_a_month_ahead_is_told_again_when_it_is_right() {
        let ahead = assess(vec![], vec![problem(ProblemKind::Shape)], |_| true, day(30));
        let found = vec![problem(ProblemKind::Shape)];
        let right = assess(ahead.record.open, found, |_| true, day(0));
        assert_eq!(right.tell.len(), 1);
        let found = vec![problem(ProblemKind::Shape)];
        let next = assess(right.record.open, found, |_| true, day(1));
        assert_eq!(next.tell, []);
    }

    #[test]
    fn what_could_not_be_looked_at_is_not_over() {
        let first = assess(vec![], vec![problem(ProblemKind::Shape)], |_| true, day(0));
        let second = assess(first.record.open, vec![], |_| false, day(1));
        assert_eq!(
            second,
            Assessment {
                record: ProblemRecord::default(),
                ..Assessment::default()
            }
        );
    }

    #[test]
    fn a_problem_that_is_found_twice_is_one_and_another_is_another() {
        let other = Problem {
            subject: "RVU20C".into(),
            ..problem(ProblemKind::Shape)
        };
        let one = || problem(ProblemKind::Shape);
        let found = vec![one(), other, one()];
        let assessment = assess(vec![], found, |_| true, day(0));
        let subjects: Vec<&str> = assessment
            .tell
            .iter()
            .map(|open| open.problem.subject.as_str())
            .collect();
        assert_eq!(subjects, ["RVU20B", "RVU20C"]);
    }

    #[test]
    fn a_problem_that_lasts_is_told_again_in_its_latest_words() {
        let worded = |text: &str| Problem {
            text: text.into(),
            ..problem(ProblemKind::Shape)
        };
        let first = assess(
            vec![],
            vec![worded("a column is missing")],
            |_| true,
            day(0),
        );
        let found = vec![worded("two columns are missing")];
        let later = assess(first.record.open, found, |_| true, day(7));
        let [told] = &later.tell[..] else {
            panic!("{:?}", later.tell)
        };
        assert_eq!(told.problem.text, "two columns are missing");
        assert_eq!((told.since, told.times), (day(0), 2));
    }
}
