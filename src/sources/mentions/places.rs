//! Words beside which a number is something else than a code.

/// Words that name a document or register, so that `WORD-20560` is its number.
pub(super) fn names_a_document(word: &str) -> bool {
    matches!(
        word,
        "cms"
            | "hcfa"
            | "fr"
            | "omb"
            | "rin"
            | "doc"
            | "pub"
            | "hhs"
            | "fda"
            | "epa"
            | "ocr"
            | "ad"
    )
}

/// Words after which a number, or a list of numbers, is no list of codes.
pub(super) fn counts_something_else(word: &str) -> bool {
    matches!(
        word,
        // places in documents
        "page" | "pages" | "pg" | "pp" | "p" | "section" | "sections" | "sec" | "secs" | "sect"
            | "paragraph" | "paragraphs" | "para" | "chapter" | "footnote" | "vol" | "volume"
            // registers and files
            | "docket" | "dockets" | "document" | "documents" | "doc" | "docs" | "omb" | "rin"
            | "form" | "forms" | "cms" | "hcfa" | "transmittal" | "transmittals" | "tn" | "cr"
            | "usc" | "cfr" | "stat" | "ndc" | "nct" | "ein" | "tin" | "npi" | "ccn" | "docid"
            // places on earth, telephones
            | "zip" | "zipcode" | "room" | "rm" | "suite" | "ste" | "box" | "route" | "highway"
            | "mailstop" | "ext" | "extension" | "fax" | "tel" | "telephone" | "phone" | "tty"
            // amounts
            | "usd" | "dollars" | "approximately" | "approx" | "roughly" | "estimated" | "nearly"
    )
}

/// Kinds of codes that are not of the HCPCS: `ZIP code 20560`.
pub(super) fn is_another_code(word: &str) -> bool {
    matches!(
        word,
        "zip"
            | "postal"
            | "area"
            | "building"
            | "revenue"
            | "diagnosis"
            | "icd"
            | "cm"
            | "pcs"
            | "tax"
            | "mail"
            | "reason"
            | "remark"
            | "condition"
            | "occurrence"
            | "country"
            | "penal"
            | "naics"
            | "sic"
            | "bar"
            | "dialing"
            | "us"
            | "s"
            | "ndc"
            | "source"
    )
}

/// What is counted or measured: `20560 hours`.
pub(super) fn is_unit(word: &str) -> bool {
    matches!(
        word,
        "hour"
            | "hours"
            | "hr"
            | "hrs"
            | "minute"
            | "minutes"
            | "min"
            | "mins"
            | "second"
            | "seconds"
            | "day"
            | "days"
            | "week"
            | "weeks"
            | "month"
            | "months"
            | "year"
            | "years"
            | "percent"
            | "pct"
            | "percentage"
            | "dollar"
            | "dollars"
            | "usd"
            | "cents"
            | "thousand"
            | "million"
            | "billion"
            | "trillion"
            | "respondent"
            | "respondents"
            | "responses"
            | "beneficiary"
            | "beneficiaries"
            | "patient"
            | "patients"
            | "people"
            | "persons"
            | "individuals"
            | "enrollees"
            | "providers"
            | "suppliers"
            | "physicians"
            | "practitioners"
            | "clinicians"
            | "hospitals"
            | "facilities"
            | "entities"
            | "employees"
            | "workers"
            | "households"
            | "commenters"
            | "miles"
            | "mile"
            | "feet"
            | "ft"
            | "square"
            | "acres"
            | "tons"
            | "pounds"
            | "lbs"
            | "mg"
            | "kg"
            | "ml"
            | "km"
            | "gallons"
            | "times"
            | "burden"
            | "copies"
            | "records"
            | "admissions"
            | "discharges"
            | "words"
            | "pages"
    )
}

/// What a street is called.
pub(super) fn is_street(word: &str) -> bool {
    matches!(
        word,
        "street"
            | "avenue"
            | "ave"
            | "boulevard"
            | "blvd"
            | "road"
            | "rd"
            | "parkway"
            | "pkwy"
            | "highway"
            | "hwy"
            | "turnpike"
            | "plaza"
    )
}

/// Two capital letters that stand for a state or territory in an address.
pub(super) fn is_state(letters: &str) -> bool {
    const STATES: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS \
                          MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV \
                          WI WY PR GU VI AS MP";
    letters.len() == 2 && STATES.split_whitespace().any(|state| state == letters)
}

/// The last word of the name of a state, in lower case, as it stands before a ZIP code.
pub(super) fn ends_a_state(word: &str) -> bool {
    const STATES: &str = "alabama alaska arizona arkansas california colorado connecticut delaware \
        florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland \
        massachusetts michigan minnesota mississippi missouri montana nebraska nevada hampshire \
        jersey mexico york carolina dakota ohio oklahoma oregon pennsylvania tennessee texas utah \
        vermont virginia washington wisconsin wyoming columbia";
    STATES.split_whitespace().any(|state| state == word)
}
