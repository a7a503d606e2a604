//! Since when, and until when, a line holds.

use super::made::{ask, says};
use crate::engine::tests::{day, status};
use crate::model::answer::Layer;
use crate::model::timeline::Period;

#[test]
fn a_line_holds_from_the_first_to_the_last_day_that_says_the_same() {
    let facts = vec![
        status("RVU20A", "2020-01-01", "2019-12-20", "N"),
        status("RVU20B", "2020-04-01", "2020-03-20", "N"),
        status("RVU20C", "2020-07-01", "2020-06-20", "A"),
        status("RVU20D", "2020-10-01", "2020-09-20", "N"),
    ];
    for (on, from, until) in [
        ("2020-01-01", "2020-01-01", Some("2020-07-01")),
        ("2020-02-10", "2020-01-01", Some("2020-07-01")),
        ("2020-04-01", "2020-01-01", Some("2020-07-01")),
        ("2020-06-30", "2020-01-01", Some("2020-07-01")),
        ("2020-07-01", "2020-07-01", Some("2020-10-01")),
        ("2020-10-01", "2020-10-01", None),
        ("2021-03-01", "2020-10-01", None),
    ] {
        let answer = ask(facts.clone(), &[], on);
        let expected = Period {
            from: day(from),
            until: until.map(day),
        };
        assert_eq!(says(&answer, Layer::PfsStatus).days, Some(expected), "{on}");
    }
}
