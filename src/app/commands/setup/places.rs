//! The payment localities, by number or found by county in CMS's newest file.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Datelike as _;

use super::ask::{Asker, say, wrong};
use crate::app::cli::SetupArgs;
use crate::app::config::Config;
use crate::app::exit::{Exit, Failure};
use crate::app::wiring;
use crate::io::blobs::hash_of;
use crate::io::clock::{Clock, SystemClock};
use crate::io::fetch::{FetchedBody, Fetcher};
use crate::model::document::{Document, Validators};
use crate::model::request::{Discovery, Request, Unit};
use crate::model::topic::LocalityId;
use crate::sources::pfs::{Checks, Locality, Pfs, localities};
use crate::sources::{Brief, Seen, Source as _};

/// Most pages that lead to a release.
const ROUNDS: usize = 10;

/// Those that were given, and those that were asked for.
pub(super) fn ask(
    args: &SetupArgs,
    asker: Asker,
    config: &Config,
) -> Result<BTreeSet<LocalityId>, Failure> {
    let mut found = BTreeSet::new();
    for text in &args.locality {
        found.insert(
            text.parse::<LocalityId>()
                .map_err(|why| wrong("--locality", &why))?,
        );
    }
    for text in &args.county {
        let county = County::parse(text).map_err(|why| wrong("--county", &why))?;
        let all = newest(config)?;
        let places = county.among(&all);
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
    if !found.is_empty() || !asker.is_interactive() {
        return Ok(found);
    }
    let question = "State and county of the practice, as \"CA: Alameda\", for payment in dollars";
    let answer: Option<County> = asker.line(question, "--county", Some(""), |answer| {
        if answer.is_empty() {
            return Ok(None);
        }
        County::parse(answer).map(Some)
    })?;
    let Some(county) = answer else {
        return Ok(found);
    };
    say("Looking into CMS's newest file of localities; this takes half a minute …")?;
    let all = match newest(config) {
        Ok(all) => all,
        Err(failure) => {
            say(&format!(
                "That did not work: {failure}\nLeft out; set watch.localities later, if you want dollars of your place."
            ))?;
            return Ok(found);
        }
    };
    let mut places = county.among(&all);
    if places.is_empty() {
        say("No locality names that county; these are of the state:")?;
        places = all.iter().filter(|one| one.state == county.state).collect();
    }
    for (number, place) in places.iter().enumerate() {
        say(&format!("  {}. {}", number + 1, line(place)))?;
    }
    let chosen = asker.line(
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
    )?;
    found.extend(chosen);
    Ok(found)
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

/// Every locality of the newest release.
fn newest(config: &Config) -> Result<Vec<Locality>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let fetcher = wiring::fetcher(config, clock)?;
    let (unit, archive) = runtime.block_on(release(config, &fetcher))?;
    let unreadable = |why: String| Failure::message(Exit::SourceUnreadable, why);
    localities(&unit.name, &archive.bytes, &Checks::default())
        .map_err(|error| unreadable(error.to_string()))
}

/// The newest release and its archive, by the way that the source itself goes.
async fn release(config: &Config, fetcher: &Fetcher) -> Result<(Unit, Document), Failure> {
    let source = Pfs::default();
    let today = SystemClock.now().date_naive();
    let brief = Brief {
        today,
        watch: &config.watch,
        // In January the releases of the year may not be there yet.
        since_year: today.year() - 1,
    };
    let (mut seen, mut failed) = (Seen::new(), Vec::new());
    for _ in 0..ROUNDS {
        let discovered = source.discover(&seen, &failed, &brief);
        match discovered.map_err(|shape| Failure::message(Exit::SourceUnreadable, shape))? {
            Discovery::Fetch(requests) => {
                // The newest is listed last or first; of the rest nothing is wanted, but the source knows that.
                for request in requests {
                    match document(fetcher, &request).await {
                        Ok(document) => {
                            seen.insert(request.url.clone(), document);
                        }
                        Err(_) => failed.push(request.url.clone()),
                    }
                }
            }
            Discovery::Complete { units, .. } => {
                let newest = units.into_iter().next_back().ok_or_else(|| {
                    Failure::message(
                        Exit::SourceUnreadable,
                        "CMS lists no release that can be read",
                    )
                })?;
                let archive = document(fetcher, &newest.request).await?;
                return Ok((newest, archive));
            }
        }
    }
    Err(Failure::message(
        Exit::SourceUnreadable,
        "the list of releases leads nowhere",
    ))
}

async fn document(fetcher: &Fetcher, request: &Request) -> Result<Document, Failure> {
    let answer = fetcher.fetch(request, &Validators::default()).await;
    let answer = answer.map_err(|error| Failure::message(Exit::SourceUnreadable, error))?;
    let FetchedBody::Bytes(bytes) = answer.body else {
        return Err(Failure::message(
            Exit::SourceUnreadable,
            "an answer without content",
        ));
    };
    Ok(Document {
        url: answer.url,
        final_url: answer.final_url,
        captured: answer.at,
        hash: hash_of(&bytes),
        bytes: bytes.into(),
        text: None,
    })
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
