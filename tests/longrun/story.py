"""What happens in all those years, day by day, and what of it must be told.

The story follows from its seed alone. A happening changes the world (what is published), the hosts (how they answer),
the mail server or the practice; where it is a change that must be told, it adds to `truth` what must be told of it.
"""

import dataclasses
import datetime
import random

from cms import API, CMS, LOOK_ALIKES, MEDICAID, ORDER, PAYER, REORDERED, WATCHED
from cms import Determination, Release, amount, plain

DAY = datetime.timedelta(days=1)
FIRST_YEAR = 2031
# The last: kept as history, and never told.
COVERAGE, PAYMENT, CODING, ADMINISTRATIVE, KEPT = 3, 2, 1, 0, -1
WEIGHTS = {"coverage": COVERAGE, "payment": PAYMENT, "coding": CODING, "administrative": ADMINISTRATIVE}
POLICY_PAGE, FEES_PAGE = "page Payer policy", "page Medicaid fees"

# What a mail server does for three days; each year another.
MAIL_FAULTS = (
    ("down", None),
    ("connect", "421 4.3.2 too busy"),
    ("data", "451 4.3.0 later"),
    ("end", "drop"),
    ("connect", "silent"),
    ("mail", "451 4.3.0 later"),
    ("end", "451 4.3.0 later"),
)


@dataclasses.dataclass
class Change:
    """A change that must be told. `was` and `now` must be in what is told; `first` is the first day of service, or
    with `by_capture` the earliest that it can be, because the page says none."""

    day: datetime.date
    subject: str
    attribute: str
    was: str
    now: str
    first: datetime.date
    weight: int
    by_capture: bool = False

    def __str__(self):
        return f"{self.day} {self.subject} {self.attribute} {self.was!r} -> {self.now!r} from {self.first}"


@dataclasses.dataclass
class Outage:
    host: str
    how: str
    begins: datetime.date
    ends: datetime.date


REMAINS = ("It remains non-covered.", "Acupuncture for fibromyalgia is covered in an approved study.")

WEIGHT_OF = {"status": COVERAGE, "assistant_surgery": CODING}


class Story:
    """Happenings by day. `stage` is what they act on: it has `world`, `hosts`, `mail` and `practice`."""

    def __init__(self, seed, years):
        self.seed = seed
        self.chance = None
        self.first = datetime.date(FIRST_YEAR, 1, 2)
        self.last = datetime.date(FIRST_YEAR + years, 1, 1)
        self.happenings = {}
        self.truth = []
        self.outages = []
        self.counts = {}
        for year in range(FIRST_YEAR, FIRST_YEAR + years):
            self._year(year)

    @staticmethod
    def is_rough(year):
        """Whether the process is killed, restarted and restored in this year. In the others one process lives on."""
        number = year - FIRST_YEAR
        return number < 2 or number % 5 == 4

    def on(self, day):
        return self.happenings.get(day, [])

    def _at(self, day, name, act):
        # What happens in the last days could not be found any more.
        if self.first + 5 * DAY <= day <= self.last - 16 * DAY:
            self.happenings.setdefault(day, []).append((name, act))

    def begin(self, day, name):
        """Chance begins anew with every happening: a longer story begins like a shorter one."""
        self.chance = random.Random(f"{self.seed} {day} {name}")

    def _year(self, year):
        chance = self.chance = random.Random(f"{self.seed} {year}")

        def some(number, jitter):
            return datetime.date(year, 1, 1) + (number + chance.randrange(jitter)) * DAY

        self._releases(year)
        for start in (some(40, 25), some(112, 6), some(260, 25)):
            self._at(start, "policy", self.policy)
        for start in (some(75, 20), some(119, 5)):
            self._at(start, "fees", self.fees)
        self._at(some(114, 8), "determination", lambda stage, day: self.words(stage, day, 373))
        self._at(some(215, 50), "determination", lambda stage, day: self.words(stage, day, 373))
        self._at(some(30, 60), "determination", lambda stage, day: self.words(stage, day, 11))
        self._at(some(160, 30), "touched", lambda stage, day: self.touched(stage, day, 373))
        for start in (some(20, 100), some(180, 100)):
            self._at(start, "touched", self.other_touched)
        self._at(some(50, 250), "redesign", self.redesign)
        self._at(some(100, 150), "redesign", self.fees_redesign)
        self._outages(year, some)

        start, (fault, action) = some(300, 15), MAIL_FAULTS[(year - FIRST_YEAR) % len(MAIL_FAULTS)]
        self._at(start, "mail fails", lambda stage, day: stage.mail.fails(fault, action))
        self._at(start + DAY, "fees", self.fees)
        self._at(start + 3 * DAY, "mail heals", lambda stage, day: stage.mail.heals())

        if self.is_rough(year):
            self._at(some(60, 20), "comes", lambda stage, day: stage.comes())
            self._at(some(185, 20), "goes", lambda stage, day: stage.goes())
            self._at(some(100, 5), "backup", lambda stage, day: stage.backup())
            self._at(some(127, 5), "restore", lambda stage, day: stage.restore())
            for start in (some(15, 20), some(135, 30), some(225, 60)):
                self._at(start, "kill", lambda stage, day: stage.kill(self.chance.random()))

        # Words that come back, byte for byte: what held in between held.
        self._at(some(60, 10), "determination", lambda stage, day: self.words(stage, day, 283))
        self._at(some(150, 20), "words come back", lambda stage, day: self.words(stage, day, 283))

    def _outages(self, year, some):
        modes = ("503", "403", "silent", "maintenance", "cut")
        number = year - FIRST_YEAR
        places = ((CMS, 12, 15), (API, 85, 10), (PAYER, 140, 20), (MEDICAID, 205, 20), (CMS, 250, 40))
        for place, (host, day, jitter) in enumerate(places):
            start = some(day, jitter)
            how = modes[(place + number) % len(modes)]
            ends = start + (2 if how == "silent" else self.chance.randrange(2, 5)) * DAY
            outage = Outage(host, how, start, ends)
            self._at(start, "outage", lambda stage, day, outage=outage: self.fails(stage, outage))
            # What changes while nobody can see it is found when it can be seen.
            if host in (PAYER, MEDICAID):
                self._at(start + DAY, "unseen", self.policy if host == PAYER else self.fees)
            self._at(ends, "over", lambda stage, day, host=host: stage.hosts.heals(host))

    def fails(self, stage, outage):
        self.outages.append(outage)
        stage.hosts.fails(outage.host, outage.how)

    # The releases of the fee schedule.

    def _releases(self, year):
        chance = self.chance
        for letter, month, of in (("B", 4, year), ("C", 7, year), ("D", 10, year), ("A", 1, year + 1)):
            begins = datetime.date(of, month, 1)
            late = chance.random() < 0.15
            posted = begins + (chance.randrange(3, 20) if late else -chance.randrange(10, 24)) * DAY
            name = f"RVU{of % 100:02d}{letter}"
            act = lambda stage, day, name=name: self.release(stage, day, name)  # noqa: E731
            self._at(posted, "late release" if late else "release", act)
            again = max(begins + 22 * DAY, posted + 16 * DAY) + chance.randrange(20) * DAY
            kind = chance.choice(("nothing", "equal", "equal, moved", "corrected"))
            if kind != "nothing" and posted <= self.last - 16 * DAY:
                act = lambda stage, day, name=name, kind=kind: self.again(stage, day, name, kind)  # noqa: E731
                self._at(again, f"again: {kind}", act)

    def before(self, world):
        """What is there on the first day."""
        self.factor = 361000
        self.order = ORDER
        self.values = {
            "20560": plain(32, 39, 12, 3, "N"),
            "20561": plain(48, 57, 18, 5, "N"),
            **{code: plain(60, 40, 23, 5) for code in LOOK_ALIKES},
        }
        for name, posted in (
            *(("A", datetime.date(FIRST_YEAR - 2, 12, 20)), ("B", datetime.date(FIRST_YEAR - 1, 3, 15))),
            *(("C", datetime.date(FIRST_YEAR - 1, 6, 15)), ("D", datetime.date(FIRST_YEAR - 1, 9, 15))),
        ):
            world.post(self._made(f"RVU{(FIRST_YEAR - 1) % 100}{name}", posted))
        self.factor += 4321
        world.post(self._made(f"RVU{FIRST_YEAR % 100}A", datetime.date(FIRST_YEAR - 1, 12, 18)))
        for key, section, title, words in (
            (11, "30.3", "Acupuncture", ["Acupuncture is only covered for chronic low back pain."]),
            (283, "30.3.1", "Acupuncture for Fibromyalgia", [REMAINS[0]]),
            (284, "30.3.2", "Acupuncture for Osteoarthritis", ["It remains non-covered."]),
            (373, "30.3.3", "Acupuncture for Chronic Lower Back Pain (cLBP)", self._policy_words(12)),
        ):
            world.determinations[key] = Determination(key, section, title, words)

    def _made(self, name, posted, again=None):
        return Release(name, posted, f"{self.factor / 10000:.4f}", self.values, self.order, again)

    def release(self, stage, day, name):
        """A new release, which changes something or nothing."""
        before = self._last_said(stage.world)
        if name.endswith("A"):
            self.factor += self.chance.choice((-1, 1)) * self.chance.randrange(1000, 12000)
        kinds = ("nothing", "look-alike", "office", "work", "status", "assistant")
        self._move(self.chance.choice(kinds))
        made = self._made(name, day)
        stage.world.post(made)
        self._tell(day, before, made)

    def again(self, stage, day, name, kind):
        """The same release is posted again."""
        world = stage.world
        old = world.releases[name]
        before = old.says()
        if kind == "corrected":
            self._move(self.chance.choice(("office", "status", "work")))
        made = self._made(name, day, old if kind == "equal" else None)
        world.post(made)
        self._tell(day, before, made)

    def _last_said(self, world):
        return world.releases[max(world.releases)].says()

    def _move(self, kind):
        values, chance = self.values, self.chance
        code = chance.choice(WATCHED)
        if kind == "look-alike":
            other = values[chance.choice(LOOK_ALIKES)]
            other["work"] += chance.randrange(1, 9)
            other["status"] = chance.choice("ABR")
        elif kind == "office":
            values[code]["office"] += chance.choice((-4, -3, -2, 2, 3, 5))
        elif kind == "work":
            for one in WATCHED:
                values[one]["work"] += chance.randrange(1, 4)
        elif kind == "status":
            status = "A" if values["20560"]["status"] == "N" else "N"
            for one in WATCHED:
                values[one]["status"] = status
        elif kind == "assistant":
            values[code]["assistant"] = "0" if values[code]["assistant"] == "1" else "1"

    def _tell(self, day, before, made):
        for (subject, attribute), now in made.says().items():
            was = before[(subject, attribute)]
            if was != now:
                weight = KEPT if subject in LOOK_ALIKES else WEIGHT_OF.get(attribute, PAYMENT)
                self.truth.append(Change(day, subject, attribute, was, now, made.begins, weight))

    # Determinations.

    @staticmethod
    def _policy_words(visits):
        return [
            f"Up to {visits} visits in 90 days are covered for chronic low back pain.",
            "All types of acupuncture including dry needling for any condition other than cLBP are non-covered.",
        ]

    def words(self, stage, day, key):
        """The words of a determination change; at times they come back."""
        one = stage.world.determinations[key]
        was = one.words[0]
        while one.words[0] == was:
            if key == 373:
                one.words = self._policy_words(self.chance.choice((10, 12, 15, 20)))
            elif key == 283:
                one.words = [next(words for words in REMAINS if words != was)]
            else:
                pain = self.chance.choice(("chronic low back pain", "chronic neck pain", "chronic back and neck pain"))
                one.words = [f"Acupuncture is only covered for {pain}."]
        one.touched = day
        self.truth.append(
            Change(day, f"NCD {one.section}", "indications_limitations", was, one.words[0], day, COVERAGE, True)
        )

    def touched(self, stage, day, key):
        """CMS touches the record and leaves the policy as it is."""
        one = stage.world.determinations[key]
        was, one.history, one.touched = one.history, f"{day:%m/%Y} - Coding was maintained.", day
        subject = f"NCD {one.section}"
        self.truth.append(Change(day, subject, "revision_history", was, one.history, day, ADMINISTRATIVE, True))

    def other_touched(self, stage, day):
        """A determination that is not watched is touched."""
        key = self.chance.choice(sorted(stage.world.others))
        stage.world.touched_others[key] = f"{day:%Y%m%d}080000"

    # Pages.

    def policy(self, stage, day):
        world = stage.world
        was = world.visits
        world.visits = self.chance.choice([visits for visits in (10, 12, 15, 20, 24) if visits != was])
        was, now = f"limited to {was} visits", f"limited to {world.visits} visits"
        self.truth.append(Change(day, POLICY_PAGE, "content", was, now, day, CODING, True))

    def fees(self, stage, day):
        rates, code = stage.world.rates, self.chance.choice(WATCHED)
        was = rates[code]
        rates[code] += self.chance.choice((-150, -75, 50, 125, 200))
        was, now = (f"{code}: Rate {amount(rate)}" for rate in (was, rates[code]))
        self.truth.append(Change(day, FEES_PAGE, "content", was, now, day, PAYMENT, True))

    def redesign(self, stage, day):
        """Another layout of the pages of CMS and of the payer, and from the next release on of the table."""
        stage.world.layout += 1
        self.order = REORDERED if self.order == ORDER else ORDER

    def fees_redesign(self, stage, day):
        stage.world.fees_layout += 1
