//! Sources that panic and hang beside one that works, in one service.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use coverd::app::config::{Config, Environment};
use coverd::app::daemon;
use coverd::app::state::{App, Scheduled};
use coverd::app::wiring;
use coverd::engine::schedule::Plan;
use coverd::io::clock::{Clock, SetClock};
use coverd::io::fetch::{FetchConfig, Fetcher};
use coverd::io::recording::Web;
use coverd::io::store::{DeliveryFilter, Reader, StoredDelivery};
use coverd::model::attribute::Attribute;
use coverd::model::delivery::DeliveryState;
use coverd::model::fact::{Edition, Observation, Repost, Statement};
use coverd::model::health::ProblemKind;
use coverd::model::request::{
    Discovery, Expect, Reading, Request, ShapeError, Unit, UnitDocuments,
};
use coverd::model::topic::{Subject, Topic};
use coverd::model::watch::Watch;
use coverd::sources::{Brief, Seen, Source, SourceMeta};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::harness::cms::{Answer, FakeCms};

/// For what comes sooner or later; no measure of anything.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    PanicsOverLists,
    PanicsInReading,
    HangsOverLists,
    HangsInReading,
}

/// A source of two documents with one status each.
struct Made {
    meta: SourceMeta,
    fault: Fault,
    /// Calls of its code that hang at this moment.
    hanging: Arc<AtomicUsize>,
    released: Arc<AtomicBool>,
}

impl Made {
    fn request(&self, number: usize) -> Request {
        Request::new(address(self.meta.id, number), Expect::Json)
    }

    fn hang(&self) {
        self.hanging.fetch_add(1, Ordering::SeqCst);
        while !self.released.load(Ordering::SeqCst) {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        self.hanging.fetch_sub(1, Ordering::SeqCst);
    }
}

fn address(id: &str, number: usize) -> String {
    format!("https://www.cms.gov/{id}/{number}")
}

fn name(id: &str, number: usize) -> String {
    format!("{id} {number}")
}

impl Source for Made {
    fn meta(&self) -> &SourceMeta {
        &self.meta
    }

    fn discover(
        &self,
        _seen: &Seen,
        _failed: &[String],
        _brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError> {
        match self.fault {
            Fault::PanicsOverLists => panic!("a made panic"),
            Fault::HangsOverLists => self.hang(),
            Fault::None | Fault::PanicsInReading | Fault::HangsInReading => {}
        }
        let unit = |number| Unit::new(name(self.meta.id, number), self.request(number));
        let units: Vec<Unit> = [1, 2].map(unit).into();
        Ok(Discovery::Complete {
            listed: Some(units.iter().map(|unit| unit.name.clone()).collect()),
            units,
            concerns: Vec::new(),
        })
    }

    fn recognise(&self, _url: &str, _brief: &Brief<'_>) -> Option<Unit> {
        None
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        _watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        match self.fault {
            Fault::PanicsInReading => panic!("a made panic"),
            Fault::HangsInReading => self.hang(),
            Fault::None | Fault::PanicsOverLists | Fault::HangsOverLists => {}
        }
        let text = String::from_utf8(documents.primary.bytes.to_vec()).unwrap();
        let status = text.trim_matches(['"', '[', ']']).to_owned();
        let from = "2026-01-01".parse().unwrap();
        let service = "20560".parse().unwrap();
        let edition = Edition {
            name: unit.name.clone(),
            begins: from,
            repost: Repost::Replaces,
        };
        Ok(Reading {
            statements: vec![Statement {
                topic: Topic::national(Subject::Service(service)),
                from,
                values: Arc::new(BTreeMap::from([(
                    Attribute::Status,
                    Observation::text(status),
                )])),
                locator: "row 1".to_owned(),
                quote: text,
            }],
            ..Reading::new(edition)
        })
    }
}

/// A service on a clock and a web of the test's own.
struct World {
    folder: tempfile::TempDir,
    cms: FakeCms,
    clock: Arc<SetClock>,
    released: Arc<AtomicBool>,
    hanging: Arc<AtomicUsize>,
    ids: Vec<&'static str>,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            cms: FakeCms::start(),
            clock: Arc::new(SetClock::new("2026-03-02T12:00:00Z".parse().unwrap())),
            released: Arc::default(),
            hanging: Arc::default(),
            ids: Vec::new(),
        }
    }

    fn post(&self, status: &str) {
        for id in &self.ids {
            for number in [1, 2] {
                let body = format!("[\"{status}\"]");
                self.cms.serve(&address(id, number), Answer::json(&body));
            }
        }
    }

    /// The program with these sources, each checked at six in the morning.
    fn app(&mut self, sources: &[(&'static str, Fault)]) -> Arc<App> {
        self.ids = sources.iter().map(|(id, _)| *id).collect();
        self.post("N");
        let text = format!(
            "[store]\ndir = \"{}\"\n\
             [[recipient]]\naddress = \"billing@practice.example\"\nstill_watching = false\n\
             [[recipient]]\naddress = \"it@practice.example\"\nrole = \"operator\"\nstill_watching = false\n",
            self.folder.path().display()
        );
        let config = Config::from_text(None, &text, &Environment::default(), |_| Ok(())).unwrap();
        let mut fetch = FetchConfig::new("it@practice.example");
        fetch.origins = self.cms.origins();
        fetch.host_interval = Duration::ZERO;
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let fetcher = Fetcher::new(fetch, Arc::clone(&clock)).unwrap();
        let mut app = wiring::app(&config, clock, Web::Network(fetcher)).unwrap();
        let inner = Arc::get_mut(&mut app).unwrap();
        inner.limits.look_again = Duration::from_millis(20);
        // Long for a reading of ten bytes on a busy machine, short for one that hangs.
        inner.limits.extract = Duration::from_secs(3);
        inner.sources = sources.iter().map(|&made| self.scheduled(made)).collect();
        app
    }

    fn scheduled(&self, (id, fault): (&'static str, Fault)) -> (&'static str, Scheduled) {
        let meta = SourceMeta {
            id,
            title: "A made source",
            home: "https://www.cms.gov/",
            about: "Made.",
            schedule: "0 6 * * *",
            extractor: 1,
            origins: &["https://www.cms.gov"],
            unseen: "",
            gathers: false,
        };
        let plan = Plan::parse(meta.schedule).unwrap();
        let made = Made {
            meta,
            fault,
            hanging: Arc::clone(&self.hanging),
            released: Arc::clone(&self.released),
        };
        (id, Scheduled::new(Arc::new(made), plan))
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join(wiring::DATABASE)).unwrap()
    }

    fn last_checked(&self, id: &str) -> Option<DateTime<Utc>> {
        let state = self.reader().source_state(id).unwrap();
        state.map(|state| state.last_checked)
    }

    /// Deliveries to an address, by its first letters.
    fn delivered_to(&self, whom: &str) -> Vec<StoredDelivery> {
        let filter = DeliveryFilter {
            state: Some(DeliveryState::Delivered),
            ..DeliveryFilter::default()
        };
        let mut all = self.reader().deliveries(&filter).unwrap();
        all.retain(|row| row.outgoing.recipient.starts_with(whom));
        all
    }

    fn wait_until(&self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < end, "{what} did not come");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Everything was checked at the time that the clock shows.
    fn wait_for_checks(&self) {
        let now = self.clock.now();
        self.wait_until("a check of every source", |world| {
            world
                .ids
                .iter()
                .all(|id| world.last_checked(id) == Some(now))
        });
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.released.store(true, Ordering::SeqCst);
    }
}

/// The daemon on threads of its own, and how it ended.
struct Running {
    runtime: Option<Runtime>,
    stop: CancellationToken,
    ended: Arc<OnceLock<Result<(), String>>>,
}

impl Running {
    fn start(app: Arc<App>) -> Self {
        let runtime = Runtime::new().unwrap();
        let stop = CancellationToken::new();
        let ended = Arc::new(OnceLock::new());
        let (until, tell) = (stop.clone(), Arc::clone(&ended));
        runtime.spawn(async move {
            let ran = daemon::run(app, None, until).await;
            let _ = tell.set(ran.map_err(|error| error.to_string()));
        });
        Self {
            runtime: Some(runtime),
            stop,
            ended,
        }
    }

    fn stop(mut self, world: &World) {
        assert_eq!(self.ended.get(), None, "it runs until it is told to stop");
        self.stop.cancel();
        world.wait_until("the end", |_| self.ended.get().is_some());
        assert_eq!(self.ended.get(), Some(&Ok(())));
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[test]
fn sources_that_panic_or_hang_stop_nothing_else_and_are_told_of_once() {
    let mut world = World::new();
    let app = world.app(&[
        ("hanging-a", Fault::HangsOverLists),
        ("hanging-b", Fault::HangsInReading),
        ("panicking-a", Fault::PanicsOverLists),
        ("panicking-b", Fault::PanicsInReading),
        ("working", Fault::None),
    ]);
    let running = Running::start(app);
    world.wait_for_checks();
    assert!(world.delivered_to("billing").is_empty(), "a baseline");

    // Three days on schedule, with a change on the second.
    for status in ["N", "A", "A"] {
        world.post(status);
        world.clock.advance(TimeDelta::days(1));
        world.wait_for_checks();
    }
    world.wait_until("the alert", |world| {
        !world.delivered_to("billing").is_empty()
    });
    for row in world.delivered_to("billing") {
        assert!(
            row.outgoing.subject.contains("20560"),
            "{}",
            row.outgoing.subject
        );
    }

    let faulty = ["hanging-a", "hanging-b", "panicking-a", "panicking-b"];
    for id in faulty {
        let open = world.reader().open_problems(id).unwrap();
        for open in &open {
            assert_eq!(open.problem.kind, ProblemKind::Defect, "{open:?}");
            assert_eq!(open.times, 4, "{open:?}");
        }
        // Lists are one thing; each document that panics is one; after one that hangs nothing is tried.
        let expected = if id == "panicking-b" { 2 } else { 1 };
        assert_eq!(open.len(), expected, "{open:?}");
        let state = world.reader().source_state(id).unwrap().unwrap();
        assert_eq!(state.last_good, None);
    }
    assert_eq!(world.reader().open_problems("working").unwrap(), []);
    world.wait_until("the notices", |world| {
        world.delivered_to("it").len() >= faulty.len()
    });
    let told = world.delivered_to("it").len();
    assert_eq!(told, faulty.len(), "each source once");
    // However often it was tried, each source that hangs has one thread.
    assert_eq!(world.hanging.load(Ordering::SeqCst), 2);
    // And it is obeyed while they hang.
    running.stop(&world);
    assert_eq!(world.hanging.load(Ordering::SeqCst), 2);
}

#[test]
fn a_source_whose_hanging_ends_is_read_again_and_the_operator_hears_that_it_is_over() {
    let mut world = World::new();
    let app = world.app(&[("hanging", Fault::HangsInReading)]);
    let running = Running::start(Arc::clone(&app));
    world.wait_for_checks();
    assert_eq!(world.reader().open_problems("hanging").unwrap().len(), 1);

    world.released.store(true, Ordering::SeqCst);
    world.wait_until("the end of the reading", |world| {
        world.hanging.load(Ordering::SeqCst) == 0
    });
    world.clock.advance(TimeDelta::days(1));
    world.wait_for_checks();
    assert_eq!(world.reader().open_problems("hanging").unwrap(), []);
    world.wait_until("two notices", |world| world.delivered_to("it").len() == 2);
    running.stop(&world);
    assert_eq!(world.reader().readings("hanging").unwrap().len(), 2);
}

#[test]
fn missed_days_are_made_up_once_and_a_clock_that_was_wrong_is_survived() {
    let mut world = World::new();
    let count = |world: &World| world.cms.hits(&address("working", 1)).len();
    let app = world.app(&[("working", Fault::None)]);
    let running = Running::start(Arc::clone(&app));
    world.wait_for_checks();
    assert_eq!(count(&world), 1);

    // The machine slept for a month.
    world.clock.advance(TimeDelta::days(30));
    world.wait_for_checks();
    assert_eq!(count(&world), 2);

    // The clock was far in the future for a while, and a check was made then.
    let right = world.clock.now();
    world.clock.advance(TimeDelta::days(5_000));
    world.wait_for_checks();
    assert_eq!(count(&world), 3);
    world.clock.set(right + TimeDelta::hours(1));
    world.wait_until("a check under the right clock", |world| {
        world.clock.advance(TimeDelta::hours(1));
        count(world) > 3
    });
    assert!(world.clock.now() < right + TimeDelta::days(4_000));
    running.stop(&world);
}

#[test]
fn the_store_is_left_whole_by_a_stop_at_any_time() {
    let mut world = World::new();
    let app = world.app(&[("working", Fault::None), ("other", Fault::None)]);
    let running = Running::start(app);
    running.stop(&world);
    let app = world.app(&[("working", Fault::None), ("other", Fault::None)]);
    let running = Running::start(app);
    world.wait_for_checks();
    running.stop(&world);
}
