//! What a list that was read in full says of topics that it does not name.

use std::collections::BTreeSet;

use crate::model::fact::Statement;
use crate::model::request::Unlisted;
use crate::model::topic::Topic;

/// The topics among `known` that the list does not name, each declared absent.
pub fn absences(
    known: impl IntoIterator<Item = Topic>,
    stated: &BTreeSet<Topic>,
    unlisted: &Unlisted,
) -> Vec<Statement> {
    known
        .into_iter()
        .filter(|topic| topic.is_listable() && !stated.contains(topic))
        .map(|topic| Statement {
            topic,
            from: unlisted.from,
            values: unlisted.values.clone(),
            locator: unlisted.locator.clone(),
            quote: String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::day;
    use crate::model::attribute::Attribute;
    use crate::model::request::absent;
    use crate::model::topic::{Stage, Subject};

    #[test]
    fn a_full_list_speaks_of_the_rows_that_it_does_not_name_and_of_nothing_else() {
        let row = |code: &str| Subject::Service(code.parse().unwrap());
        let (named, missing) = (Topic::national(row("20560")), Topic::national(row("20561")));
        let proposed = Stage::ProposedBy("CMS-1848-P".to_owned());
        let known = [
            named.clone(),
            missing.clone(),
            Topic::staged(row("20561"), proposed),
            Topic::national(Subject::Policy("NCD 30.3.3".to_owned())),
        ];
        let unlisted = Unlisted {
            from: day("2020-04-01"),
            values: absent(&[Attribute::Status]),
            locator: "PPRRVU20_APR.csv, all 17250 rows".to_owned(),
        };
        let declared = Statement {
            topic: missing,
            from: unlisted.from,
            values: unlisted.values.clone(),
            locator: unlisted.locator.clone(),
            quote: String::new(),
        };
        assert_eq!(absences(known, &[named].into(), &unlisted), [declared]);
    }
}
