//! The payment localities, by number or found by county or ZIP code in CMS's newest files.

use std::collections::BTreeSet;

use super::ask::{Asker, say, wrong};
use super::published::Published;
use crate::app::cli::SetupArgs;
use crate::app::config::Config;
use crate::app::exit::Failure;
use crate::model::topic::LocalityId;
use crate::sources::pfs::{Locality, ZipCode, ZipPlace};

/// How often somebody may say where the practice is.
const ROUNDS: usize = 5;

/// Those that were given, and those that were asked for.
pub(super) fn ask(
    args: &SetupArgs,
    asker: Asker,
    config: &Config,
) -> Result<BTreeSet<LocalityId>, Failure> {
    let published = Published::new(config);
    let mut found = BTreeSet::new();
    for text in &args.locality {
        found.insert(
            text.parse::<LocalityId>()
                .map_err(|why| wrong("--locality", &why))?,
        );
    }
    for text in &args.county {
        let county = County::parse(text).map_err(|why| wrong("--county", &why))?;
        let places = county.among(published.localities()?);
        match places.as_slice() {
            [one] => {
                found.insert(one.id.clone());
            }
            [] => {
                return Err(wrong(
                    "--county",
                    &format!("no locality of CMS's file names {text}"),
                ));
            }
            several => {
                let names: Vec<String> = several.iter().map(|one| line(one)).collect();
                let words = format!("{text} fits several: {}", names.join("; "));
                return Err(wrong("--county", &words));
            }
        }
    }
    for zip in &args.zip {
        match at(zip, &published)? {
            Ok(place) => {
                found.insert(place.id);
            }
            Err(why) => return Err(wrong("--zip", &why)),
        }
    }
    if !found.is_empty() || !asker.is_interactive() {
        return Ok(found);
    }
    let question = "ZIP code of the practice, or its state and county as \"CA: Alameda\", for payment in dollars";
    // What is answered may lead nowhere: then the other way is open.
    for _ in 0..ROUNDS {
        let Some(answer) = asker.line(question, "--zip", Some(""), Answer::parse)? else {
            break;
        };
        say("Looking into CMS's newest files; this takes half a minute …")?;
        match places(&answer, &published) {
            Ok(Ok(several)) => {
                found.extend(choose(asker, &several)?);
                break;
            }
            Ok(Err(why)) => say(&why)?,
            Err(failure) => {
                say(&format!(
                    "That did not work: {failure}\nLeft out; set watch.localities later, if you want dollars of your place."
                ))?;
                break;
            }
        }
    }
    Ok(found)
}

/// Where somebody says that the practice is.
enum Answer {
    Zip(ZipCode),
    County(County),
}

impl Answer {
    /// `None` for nothing.
    fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        if text.is_empty() {
            Ok(None)
        } else if text.contains(':') {
            County::parse(text).map(|county| Some(Self::County(county)))
        } else {
            text.parse()
                .map(|zip| Some(Self::Zip(zip)))
                .map_err(|_| "five digits, or two letters of the state, a colon and the county")
        }
    }
}

/// The localities that an answer leads to, or why there are none.
fn places(
    answer: &Answer,
    published: &Published<'_>,
) -> Result<Result<Vec<Locality>, String>, Failure> {
    let county = match answer {
        Answer::Zip(zip) => return Ok(at(zip, published)?.map(|place| vec![place])),
        Answer::County(county) => county,
    };
    let all = published.localities()?;
    let mut places = county.among(all);
    if places.is_empty() {
        say("No locality names that county; these are of the state:")?;
        places = all.iter().filter(|one| one.state == county.state).collect();
    }
    if places.is_empty() {
        return Ok(Err("CMS's file has no locality in that state".to_owned()));
    }
    Ok(Ok(places.into_iter().cloned().collect()))
}

/// The locality of a ZIP code, which the fee schedule has as well; or why there is none.
fn at(zip: &ZipCode, published: &Published<'_>) -> Result<Result<Locality, String>, Failure> {
    let id = match published.place_of(zip)? {
        ZipPlace::In(id) => id,
        ZipPlace::Divided => {
            return Ok(Err(format!(
                "the ZIP code {zip} lies in several localities: name the county instead"
            )));
        }
        ZipPlace::Unknown => {
            return Ok(Err(format!(
                "CMS's file has no ZIP code {zip}: name the county instead"
            )));
        }
    };
    let place = published.localities()?.iter().find(|one| one.id == id);
    Ok(place.cloned().ok_or_else(|| {
        format!(
            "{zip} is in {id} by CMS's file of ZIP codes, which its fee schedule does not have: name the county instead"
        )
    }))
}

fn choose(asker: Asker, places: &[Locality]) -> Result<Option<LocalityId>, Failure> {
    for (number, place) in places.iter().enumerate() {
        say(&format!("  {}. {}", number + 1, line(place)))?;
    }
    asker.line(
        "Which one (its number)",
        "--locality",
        Some(if places.len() == 1 { "1" } else { "" }),
        |answer| {
            if answer.is_empty() {
                return Ok(None);
            }
            let number: usize = answer
                .parse()
                .map_err(|_| "a number of the list, or nothing")?;
            let place = number.checked_sub(1).and_then(|at| places.get(at));
            place
                .map(|place| Some(place.id.clone()))
                .ok_or("that number is not in the list")
        },
    )
}

fn line(place: &Locality) -> String {
    let parts = [
        place.id.to_string(),
        place.state.clone(),
        place.name.clone(),
        place.counties.clone(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    crate::render::clean::line(&parts.join(", "), 150)
}

/// "CA: Alameda"
#[derive(Debug, PartialEq, Eq)]
struct County {
    state: String,
    name: String,
}

impl County {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let says = "two letters of the state, a colon, the county: \"CA: Alameda\"";
        let (state, name) = text.split_once(':').ok_or(says)?;
        let (state, name) = (state.trim().to_uppercase(), name.trim().to_uppercase());
        let name = name.trim_end_matches("COUNTY").trim_end().to_owned();
        if state.len() != 2 || name.is_empty() {
            return Err(says);
        }
        Ok(Self { state, name })
    }

    /// The localities of its state that name it; where none does, those that are a whole state or its rest.
    fn among<'a>(&self, all: &'a [Locality]) -> Vec<&'a Locality> {
        let of_state = || all.iter().filter(|one| one.state == self.state);
        let names_it = |one: &&Locality| {
            let words = format!(" {} {} ", one.counties, one.name).to_uppercase();
            let words: String = words
                .chars()
                .map(|c| if c.is_alphanumeric() { c } else { ' ' })
                .collect();
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            format!(" {words} ").contains(&format!(" {} ", self.name))
        };
        let named: Vec<&Locality> = of_state().filter(names_it).collect();
        if !named.is_empty() {
            return named;
        }
        let is_rest = |one: &&Locality| {
            let words = format!("{} {}", one.counties, one.name).to_uppercase();
            words.contains("STATEWIDE")
                || words.contains("REST OF")
                || words.contains("ALL OTHER")
                || words.contains("ALL COUNTIES")
        };
        of_state().filter(is_rest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: &str, state: &str, name: &str, counties: &str) -> Locality {
        Locality {
            id: id.parse().unwrap(),
            name: name.to_owned(),
            state: state.to_owned(),
            counties: counties.to_owned(),
        }
    }

    #[test]
    fn a_county_finds_its_locality_or_the_rest_of_its_state() {
        let all = [
            place(
                "01112-05",
                "CA",
                "San Francisco-Oakland",
                "Alameda, Contra Costa",
            ),
            place("01112-99", "CA", "Rest of California", "All Other Counties"),
            place("13202-99", "NY", "Rest of New York", "All Other Counties"),
        ];
        let ids = |text: &str| -> Vec<String> {
            let county = County::parse(text).unwrap();
            county
                .among(&all)
                .iter()
                .map(|one| one.id.to_string())
                .collect()
        };
        assert_eq!(ids("ca: alameda county"), ["01112-05"]);
        assert_eq!(ids("CA: Modoc"), ["01112-99"]);
        // Part of a name is another county.
        assert_eq!(ids("CA: Costa Mesa"), ["01112-99"]);
        assert!(ids("TX: Travis").is_empty());
        assert!(County::parse("Alameda").is_err());
    }
}
