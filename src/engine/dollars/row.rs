//! The row of a code, and what it is worth.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::formula::{Indices, RelativeValues, payment};
use crate::model::dollars::{Setting, Worth};
use crate::model::status::{Payable, status_meaning};
use crate::model::topic::Stage;

/// The row of a code.
pub(super) struct Row {
    /// `None`: the row is not listed.
    pub(super) status: Option<String>,
    pub(super) values: [Option<RelativeValues>; 2],
    pub(super) not_furnished: [bool; 2],
    /// With the relative values of the OPPS cap, where the row has them.
    pub(super) cap: [Option<RelativeValues>; 2],
    pub(super) multiple: String,
}

impl Row {
    pub(super) fn worth(
        &self,
        setting: Setting,
        indices: Option<Indices>,
        factor: Option<Decimal>,
    ) -> Worth {
        let Some(status) = &self.status else {
            return Worth::NotListed;
        };
        let Some(meaning) = status_meaning(status) else {
            return Worth::Unknown("the meaning of its status");
        };
        let at = match setting {
            Setting::NonFacility => 0,
            Setting::Facility => 1,
        };
        let values = self.values[at].filter(|values| {
            [values.work, values.pe, values.mp]
                .iter()
                .any(|value| !value.is_zero())
        });
        let amount = |values: RelativeValues| payment(values, indices?, factor?);
        let (is_paid, may_be_priced) = match meaning.payable {
            Payable::IfCovered => (true, true),
            Payable::OtherPrice => return Worth::NoValues,
            // Paid only when nothing else is: a caveat says so.
            Payable::Bundled if meaning.letter == 'T' => (true, false),
            Payable::Bundled | Payable::Never | Payable::NotForPayment => (false, false),
        };
        if !is_paid {
            return Worth::NotPaid {
                status: status.clone(),
                would_be: values.filter(|_| !self.not_furnished[at]).and_then(amount),
            };
        }
        if self.not_furnished[at] {
            return Worth::NotFurnished;
        }
        let Some(values) = values else {
            return if may_be_priced && self.values[at].is_some() {
                Worth::NoValues
            } else {
                Worth::Unknown("relative values")
            };
        };
        if indices.is_none() {
            return Worth::Unknown("the locality's indices (GPCI) of that day");
        }
        let Some(full) = amount(values) else {
            return Worth::Unknown("the conversion factor of that day");
        };
        let cap = self.cap[at].and_then(amount);
        Worth::Paid(cap.map_or(full, |cap| full.min(cap)))
    }

    pub(super) fn caveats(
        &self,
        indices: Option<Indices>,
        factor: Option<Decimal>,
        borrowed: &BTreeSet<&'static str>,
        stage: &Stage,
    ) -> Vec<String> {
        let mut caveats = Vec::new();
        let is_paid = Setting::ALL
            .into_iter()
            .any(|setting| self.worth(setting, indices, factor).paid().is_some());
        if is_paid {
            if self.status.as_deref() == Some("T") {
                caveats.push(
                    "it is paid only if nothing else under the fee schedule is, on the same day by the same provider"
                        .to_owned(),
                );
            }
            match self.multiple.as_str() {
                "" | "0" | "9" => {}
                "5" => caveats.push(
                    "the therapy reduction (half of the practice expense of all but the first unit of a day) is not applied"
                        .to_owned(),
                ),
                _ => caveats.push(
                    "the reduction for several procedures on one day is not applied".to_owned(),
                ),
            }
            if self.cap.iter().any(Option::is_some) {
                caveats.push(
                    "imaging: it is no more than hospital outpatient departments would be paid (OPPS cap)"
                        .to_owned(),
                );
            }
        }
        if !borrowed.is_empty() {
            let names: Vec<&str> = borrowed.iter().copied().collect();
            caveats.push(format!(
                "{} not in the table as {stage}: reckoned as in force on that day",
                names.join(" and ")
            ));
        }
        caveats
    }
}
