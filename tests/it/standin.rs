//! One quarter at all hosts under their real names, over TLS, through one run of the daemon on a clock
//! that goes by days: everything that changes is found and told once, nothing else is, and no host is asked
//! more often or more at a time than is promised, counted at the host.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, NaiveTime};
use coverd::app::commands::check_schedule;
use coverd::app::config::{Config, Environment};
use coverd::app::daemon;
use coverd::app::state::App;
use coverd::app::wiring;
use coverd::io::clock::{Clock, SetClock};
use coverd::io::fetch::{FetchConfig, Fetcher};
use coverd::io::recording::Web;
use coverd::io::store::Reader;
use coverd::sources::local_coverage::TERMS;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::network;
use crate::harness::rulemaking::{RULES, rules_at, serve, therapy_at};
use crate::harness::run::{OPERATOR, PRACTICE, show};
use crate::harness::smtp::{Mode, SmtpSink};
use crate::harness::world::{LIST, REPORT, Release, default_records, made_file, record};
use crate::{local_coverage, nca, ncci, opps, rulemaking, transmittals};

const HOSTS: [&str; 5] = [
    "www.cms.gov",
    "downloads.cms.gov",
    "api.coverage.cms.gov",
    "www.federalregister.gov",
    "www.payer.example",
];

/// Between two requests to one host; the default is longer, the rule the same.
const INTERVAL: Duration = Duration::from_millis(20);

/// For what comes sooner or later; no measure of anything.
const PATIENCE: Duration = Duration::from_mins(2);

const PAGE: &str = "https://www.payer.example/policies/dry-needling";
const DENIED: &str = "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>You don't have permission to access this page on this server.<p>Reference #18.2d3e1602.1700000000.1a2b3c</body></html>";

#[test]
fn one_quarter_under_real_names_is_told_as_it_happened_and_nothing_else() {
    network::run_inside("standin::inside", &HOSTS);
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// CMS, the Federal Register and a payer on each day of the quarter.
struct World {
    cms: FakeCms,
    app: Arc<App>,
    /// Of each quarter's relative values, made once: each is a whole file.
    releases: BTreeMap<&'static str, Release>,
    posted: BTreeSet<&'static str>,
}

impl World {
    fn new(cms: FakeCms, app: Arc<App>) -> Self {
        let october = |posted: &str| {
            let table = made_file(2026, "October", "N", "33.4009");
            Release::new("RVU26D", posted, &[("PPRRVU2026_Oct.csv", &table)])
        };
        let mut releases = BTreeMap::new();
        for (name, month, posted) in [
            ("RVU26A", "January", "12/20/2025"),
            ("RVU26B", "April", "03/20/2026"),
            ("RVU26C", "July", "06/20/2026"),
        ] {
            let table = made_file(2026, month, "N", "33.4009");
            let member = format!("PPRRVU2026_{}.csv", &month[..3]);
            releases.insert(name, Release::new(name, posted, &[(&member, &table)]));
        }
        releases.insert("RVU26D", october("09/20/2026"));
        releases.insert("RVU26D again", october("10/19/2026"));
        let table = String::from_utf8(made_file(2027, "January", "A", "33.4009")).unwrap();
        let table = table.replace(
            "SERVICE 20560,A,,0.32,0.39,,0.12,,0.03,0.74,0.47",
            "SERVICE 20560,A,,0.48,0.39,,0.12,,0.03,0.90,0.63",
        );
        let january = [("PPRRVU2027_Jan.csv", table.as_bytes())];
        releases.insert("RVU27A", Release::new("RVU27A", "12/20/2026", &january));
        Self {
            cms,
            app,
            releases,
            posted: BTreeSet::new(),
        }
    }

    /// Whether this is the first day on or after `since`, for what is served once.
    fn once(&mut self, today: NaiveDate, since: &'static str) -> bool {
        today >= day(since) && self.posted.insert(since)
    }

    fn show(&mut self, today: NaiveDate, noise: u32) {
        let on = |since: &str| today >= day(since);
        let (cms, app) = (&self.cms, &self.app);
        rulemaking::show_register(cms, app, &today.to_string(), false, noise);
        let mut rules = vec![rulemaking::of_2026(), rulemaking::proposed()];
        if on("2026-11-05") {
            rules.push(rulemaking::made_final());
        }
        serve(cms, &rules_at("", &rules));

        let analysis = |id, number, status, title| nca::analysis(id, number, status, title);
        let old = analysis(
            295,
            "CAG-00452N",
            "Closed",
            "Acupuncture for Chronic Lower Back Pain",
        );
        let open = analysis(330, "CAG-00452R", "Open", "Needling Services");
        let listed = if on("2026-11-19") {
            json!([open, old])
        } else {
            json!([old])
        };
        nca::serve(cms, &listed, &json!([]));
        let closed = json!([{"document_id": 295, "title": "Acupuncture for Chronic Lower Back Pain", "final_decision_date": "01/21/2020"}]);
        cms.serve(&nca::record_url(295), Answer::json(&nca::answer(&closed)));

        // The last release is posted again in October, the same under another name.
        let last = if on("2026-10-21") {
            "RVU26D again"
        } else {
            "RVU26D"
        };
        let mut names = vec!["RVU26A", "RVU26B", "RVU26C", last];
        if on("2026-12-21") {
            names.push("RVU27A");
        }
        let releases: Vec<Release> = names
            .iter()
            .map(|name| self.releases[name].clone())
            .collect();
        let mut records = default_records("07/2020 - first.");
        let words = if on("2026-11-12") {
            "Dry needling is covered for chronic low back pain as well."
        } else {
            "All types of acupuncture including dry needling for any condition other than cLBP are non-covered by Medicare."
        };
        records.pop();
        let title = "Acupuncture for Chronic Lower Back Pain (cLBP)";
        records.push(record(373, "30.3.3", title, words, "07/2020 - first."));
        // Another date without another word, in between.
        let stamp = match today {
            today if today >= day("2026-11-12") => "20261112080000",
            today if today >= day("2026-10-25") => "20261025080000",
            _ => "20200701080000",
        };
        show(cms, &releases, &records, stamp);

        let mut lists: Vec<(i32, &[(&str, &str)])> = vec![(2025, &[]), (2026, &[])];
        if on("2026-12-11") {
            lists.push((
                2027,
                &[
                    ("20560", "Sometimes therapy"),
                    ("20561", "Sometimes therapy"),
                ],
            ));
        }
        serve(cms, &therapy_at("", &lists));

        let page = |limit: &str| {
            format!(
                "<html><head><title>Policy</title></head><body><main><h1>Dry needling</h1><p>Our policy of dry needling, 20560 and 20561, as of this year.</p><p>{limit}</p></main></body></html>"
            )
        };
        let (limit, tag) = if on("2026-10-27") {
            ("Dry needling is limited to 12 visits a year.", "\"v2\"")
        } else {
            ("Dry needling is limited to 20 visits a year.", "\"v1\"")
        };
        cms.serve(PAGE, Answer::html(&page(limit)).validators(Some(tag), None));

        self.post(today);
        self.obstruct(today);
    }

    /// What is large is posted once.
    fn post(&mut self, today: NaiveDate) {
        let transmittal = (
            "R13490CP",
            "2026-09-20",
            "Update to Hospice Payment Rates",
            "14300",
        );
        let ours = (
            "R13500CP",
            "2026-11-14",
            "Quarterly Update to the Medicare Physician Fee Schedule Database (MPFSDB) - January 2027 Update",
            "14361",
        );
        let pdf = |number: &str| {
            if number == "R13500CP" {
                transmittals::moved_pdf(&[
                    ("February 14, 2020", "November 14, 2026"),
                    ("January 1, 2020", "January 1, 2027"),
                    ("April 6, 2020", "January 4, 2027"),
                    ("January 21, 2020", "January 1, 2027"),
                    ("April 2020", "January 2027"),
                    ("2020", "2026"),
                    ("4999", "13500"),
                    ("11661", "14361"),
                ])
            } else {
                transmittals::moved_pdf(&[])
            }
        };
        if self.once(today, "2026-10-01") {
            transmittals::serve_year(&self.cms, 2026, &[transmittal], pdf);
            opps::post(&self.cms, &quarters(false));
            let pairs = ["20560 64405 20200101 * 1", "20552 64405 20200101 * 1"];
            ncci::post(&self.cms, (2026, 4), "1", 4, &pairs);
            local_coverage::show(&self.cms);
        }
        if self.once(today, "2026-11-14") {
            transmittals::serve_year(&self.cms, 2026, &[ours, transmittal], pdf);
        }
        if self.once(today, "2026-11-21") {
            local_coverage::drop_code(&self.cms);
        }
        if self.once(today, "2026-12-03") {
            let pairs = [
                "20560 64405 20200101 * 1",
                "20552 64405 20200101 * 1",
                "20560 97140 20270101 * 0",
            ];
            ncci::post(&self.cms, (2027, 1), "2", 4, &pairs);
        }
        if self.once(today, "2026-12-29") {
            opps::post(&self.cms, &quarters(true));
        }
    }

    /// What stands in the way on some days: refusals, challenges, broken answers, moved addresses.
    fn obstruct(&self, today: NaiveDate) {
        let cms = &self.cms;
        let during = |from: &str, until: &str| (day(from)..day(until)).contains(&today);
        let denied = || Answer::html(DENIED);
        // Moved for good, and now and then refused.
        let moved = format!("{LIST}-of-all-years");
        let list = cms.answer(LIST).unwrap();
        if today >= day("2026-10-11") {
            cms.serve(&moved, list);
            let path = moved.trim_start_matches("https://www.cms.gov");
            cms.serve(LIST, Answer::redirect(301, path));
        }
        if during("2026-10-05", "2026-10-09") {
            cms.serve(LIST, denied().with_status(403));
            cms.serve(RULES, denied());
        }
        if during("2026-10-13", "2026-10-15") {
            cms.serve(REPORT, Answer::status(503).header("retry-after", "7200"));
        }
        if during("2026-10-15", "2026-10-19") {
            cms.serve(PAGE, Answer::html("<html><head><title>Page not found</title></head><body><main><h1>Page not found</h1></main></body></html>"));
        }
        if during("2026-12-21", "2026-12-23") {
            let zip = format!("https://www.cms.gov{}", self.releases["RVU27A"].href);
            let whole = cms.answer(&zip).unwrap();
            let length = whole.bytes().len();
            cms.serve(&zip, whole.cut_to(length / 2).announcing(length));
        } else if today >= day("2026-12-23") {
            // It is served by another host in the end.
            let href = &self.releases["RVU27A"].href;
            let zip = format!("https://www.cms.gov{href}");
            let there = format!("https://downloads.cms.gov{href}");
            cms.serve(&there, cms.answer(&zip).unwrap());
            cms.serve(&zip, Answer::redirect(302, &there));
        }
    }
}

/// The outpatient tables of the year; with the next January our codes are payable.
fn quarters(next: bool) -> Vec<opps::Quarter> {
    let of_year = |mut rows: Vec<Vec<String>>, year: i32| {
        rows[0][1] = rows[0][1].replace("2020", &year.to_string());
        rows
    };
    let mut quarters: Vec<opps::Quarter> = ["January", "April", "July", "October"]
        .iter()
        .map(|month| {
            let heading = format!("{month} 2026");
            let file = format!("{}-2026-addendum-b", month.to_lowercase());
            (heading, file, of_year(opps::not_paid(), 2026))
        })
        .collect();
    if next {
        quarters.push((
            "January 2027".to_owned(),
            "january-2027-addendum-b".to_owned(),
            of_year(opps::payable(), 2027),
        ));
    }
    quarters
}

fn config(folder: &Path, smtp: &SmtpSink) -> Config {
    let text = format!(
        "[store]\ndir = \"store\"\n[sources]\nsince_year = 2026\n\
         [sources.local_coverage]\nenabled = true\naccept_terms = \"{TERMS}\"\ncontractors = [\"Made Contractor\"]\n\
         [mail]\nchannel = \"smtp\"\nfrom = \"coverd@practice.example\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         [fetch]\ncontact = \"it@practice.example\"\n\
         [[page]]\nname = \"Payer policy\"\nurl = \"{PAGE}\"\nunstable = true\n\
         [[recipient]]\naddress = \"{PRACTICE}\"\nstill_watching = false\n\
         [[recipient]]\naddress = \"{OPERATOR}\"\nrole = \"operator\"\nstill_watching = false\n",
        smtp.port()
    );
    let path = folder.join("coverd.toml");
    let nothing = Environment::from_lookup(|_| None);
    let mut config = Config::from_text(Some(&path), &text, &nothing, check_schedule).unwrap();
    config.store = folder.join("store");
    config.fetch.pdf_program = env!("CARGO_BIN_EXE_coverd").into();
    config
}

fn build(config: &Config, clock: &Arc<SetClock>) -> Arc<App> {
    let mut fetch = FetchConfig::new("it@practice.example");
    fetch.host_interval = INTERVAL;
    fetch.retry.attempts = 2;
    fetch.retry.base = Duration::from_millis(50);
    // The clock of the quarter goes by days, that of a host's pause does not.
    fetch.retry.longest_retry_after = Duration::from_millis(200);
    fetch.coverage_licence = config.sources.settings.local_coverage.terms_accepted;
    wiring::admit_pages(&mut fetch, config);
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    let fetcher = Fetcher::new(fetch, Arc::clone(&clock)).unwrap();
    let mut app = wiring::app(config, clock, Web::Network(fetcher)).unwrap();
    let limits = &mut Arc::get_mut(&mut app).unwrap().limits;
    limits.confirm = Duration::ZERO;
    limits.look_again = Duration::from_millis(20);
    app
}

/// Waits until no source is due and nothing waits that could be sent now.
async fn settle(app: &App) {
    let reader = Reader::open(&app.database).unwrap();
    let end = Instant::now() + PATIENCE;
    loop {
        let now = app.clock.now();
        let due: Vec<&str> = app
            .sources
            .keys()
            .filter(|id| {
                let state = reader.source_state(id).unwrap();
                state.is_none_or(|state| state.next_due <= now)
            })
            .copied()
            .collect();
        let pending = reader.pending(now, 100).unwrap().len();
        if due.is_empty() && pending == 0 {
            return;
        }
        assert!(
            Instant::now() < end,
            "still due: {due:?}, to be sent: {pending}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[ignore = "runs in the network that the test above makes"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inside() {
    let folder = network::enter().expect("run by the test above");
    let smtp = SmtpSink::start(Mode::Accept);
    let noon = |day: NaiveDate| {
        day.and_time(NaiveTime::from_hms_opt(18, 0, 0).unwrap())
            .and_utc()
    };
    let first = day("2026-10-01");
    let clock = Arc::new(SetClock::new(noon(first)));
    let app = build(&config(&folder, &smtp), &clock);
    let cms = FakeCms::start();
    network::serve_tls(&folder, &cms);
    let mut world = World::new(cms, Arc::clone(&app));
    world.show(first, 0);

    let stop = CancellationToken::new();
    let service = tokio::spawn(daemon::run(Arc::clone(&app), None, stop.clone()));
    let (mut today, mut noise, mut read, mut edits) = (first, 0, 0, 0);
    let mut told: Vec<String> = Vec::new();
    while today < day("2027-01-01") {
        world.show(today, noise);
        clock.set(noon(today));
        settle(&app).await;
        for mail in &smtp.received()[read..] {
            let message = mail_parser::MessageParser::default()
                .parse(&mail.bytes)
                .unwrap();
            let who = if mail.recipients == [PRACTICE] {
                "practice"
            } else {
                "operator"
            };
            let subject = message.subject().unwrap().trim_start_matches("[coverd] ");
            told.push(format!("{today} {who}: {subject}"));
            let text = message.body_text(0).unwrap();
            edits += usize::from(subject.contains("MUE") && text.contains("20560 with 97140"));
        }
        read = smtp.received().len();
        today = today.checked_add_days(Days::new(2)).unwrap();
        noise += 1;
    }
    stop.cancel();
    service.await.unwrap().unwrap();
    // Sources are read side by side: which of them is first on a day is chance.
    told.sort();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(edits, 1, "the new edit is told with the units");
    for host in HOSTS {
        polite(&world.cms, host);
    }
    // The payer's page was asked for with the validator of what is known, and answered so.
    let hits = world.cms.hits(PAGE);
    let conditional = hits
        .iter()
        .filter(|hit| hit.header("if-none-match") == Some("\"v2\""));
    assert!(conditional.count() > 20);
}

/// No more at a time than is promised, and no more in any stretch of time than the interval allows. How
/// late a single request arrives is the machine's affair, so a stretch may be a second longer.
fn polite(cms: &FakeCms, host: &str) {
    const SLACK: Duration = Duration::from_secs(1);
    assert!(cms.most_at_a_time(host) <= 2, "{host}");
    let start = format!("https://{host}/");
    let hits = cms.all_hits();
    let hits = hits.iter().filter(|hit| hit.url.starts_with(&start));
    let times: Vec<Instant> = hits.map(|hit| hit.at).collect();
    assert!(!times.is_empty(), "{host} was never asked");
    for (number, from) in times.iter().enumerate() {
        for (later, until) in times.iter().enumerate().skip(number) {
            let least = INTERVAL * u32::try_from(later - number).unwrap();
            let took = *until - *from + SLACK;
            assert!(
                took >= least,
                "{host}: {} requests in {took:?}",
                later - number
            );
        }
    }
}
