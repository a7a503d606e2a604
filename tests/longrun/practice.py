"""One practice with its coverd: the process, its clock, its mail server, and the people who are told.

The process is a real `coverd run` whose clocks, the one of the wall and the monotonic one, are ahead of the machine's
by what a file says (libfaketime). A step of a day makes every timer of the process ripe; it finds out when it is woken,
which a connection to its control socket does. So nothing is waited for in real time, and a host that hangs costs
none. A step is made only while the process sleeps and nobody talks with it: as of a machine that was suspended.
"""

import dataclasses
import datetime
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "faults"))

from cms import API, CMS, FEES, MEDICAID, PAYER, POLICY  # noqa: E402
from installation import SOURCES, ended, faketime  # noqa: E402
from smtpd import Hangup, Smtpd, _Conversation  # noqa: E402
from story import ADMINISTRATIVE, CODING, COVERAGE, PAYMENT  # noqa: E402

UTC = datetime.timezone.utc
OPERATOR = "it@practice.example"
# A little more than the longest that the process sleeps before it looks at its clock again, and than it waits for
# the next piece of an answer.
NUDGE_SECONDS = 61
# Nothing takes so long in real time but a defect.
PATIENCE_SECONDS = 120


@dataclasses.dataclass
class Person:
    """Someone who is told, from a day on and until another. `least`: the least that they hear of."""

    address: str
    least: int
    since: datetime.datetime
    until: datetime.datetime = None
    more: str = ""

    def is_told(self, weight, at):
        return weight >= self.least and self.since <= at and (self.until is None or at < self.until)


NAMES = {COVERAGE: "coverage", PAYMENT: "payment", CODING: "coding", ADMINISTRATIVE: "administrative"}


class Arrivals(list):
    """Messages that arrive, and by the clock of the practice when each did."""

    def __init__(self):
        super().__init__()
        self.clock, self.hours = None, []

    def append(self, message):
        self.hours.append(self.clock())
        super().append(message)


class Mail(Smtpd):
    """The mail server. `fails("down", None)`: nobody is at home."""

    def __init__(self):
        self.talking, self.connections_open = set(), set()
        self.is_down = False
        super().__init__(None)
        self.taken = Arrivals()

    def fails(self, stage, action, only=None):
        if stage == "down":
            self.is_down = True
            self.close()
        else:
            super().fails(stage, action, only)

    def heals(self):
        super().heals()
        # Whoever was left in silence stays there.
        self.talking, self.connections_open = set(), set()
        if self.is_down:
            self.is_down = False
            self.reopen()

    def _serve(self, connection):
        self.talking.add(connection)
        self.connections_open.add(connection)
        try:
            with connection:
                _Talk(self, connection).hold()
        except (Hangup, OSError):
            pass
        finally:
            self.connections_open.discard(connection)
            self.talking.discard(connection)

    @property
    def is_busy(self):
        """Whether it is its turn to say something, or a message is under way."""
        if self.action == "silent" or self.is_down:
            return False
        try:
            heard = select.select([self.listener, *tuple(self.connections_open)], [], [], 0)[0]
        except (OSError, ValueError):  # one was closed just now
            return True
        return bool(self.talking or heard)


class _Talk(_Conversation):
    """A conversation, which knows whose turn it is: coverd keeps a connection for the next message."""

    def __init__(self, server, connection):
        super().__init__(server, connection)
        self.link, self.is_message = connection, False

    def _line(self):
        # Both sides may sleep in the middle of a message while the network is slow to confirm a part of it.
        if not self.is_message and b"\r\n" not in self.buffer:
            self.server.talking.discard(self.link)
        line = super()._line()
        self.server.talking.add(self.link)
        verb = line[:4].upper()
        if verb == b"MAIL":
            self.is_message = True
        elif verb in (b".", b"RSET", b"QUIT"):
            self.is_message = False
        return line


class Practice:
    """The installation in `folder`, at `now`."""

    def __init__(self, program, folder, hosts, mail, first):
        self.program, self.folder, self.hosts, self.mail = program, pathlib.Path(folder), hosts, mail
        self.mail.taken.clock = self.now
        self.store = self.folder / "store"
        self.clock = self.folder / "clock"
        self.log = self.folder / "log"
        self.process = None
        self.started = None
        self.nudges = 0
        self.set(datetime.datetime.combine(first, datetime.time(13, 30), UTC))
        begin = self.now()
        self.people = [
            Person("billing@practice.example", CODING, begin),
            Person("owner@practice.example", COVERAGE, begin),
            Person("coder@practice.example", ADMINISTRATIVE, begin, more='digest = "daily"\n'),
        ]
        self.configure()

    def configure(self):
        """Writes the configuration with the people of today."""
        off = "".join(f"[sources.{name}]\nenabled = false\n" for name in SOURCES if name not in ("pfs", "ncd"))
        origins = "".join(f'"https://{host}" = "{self.hosts.origin}"\n' for host in (CMS, API, PAYER, MEDICAID))
        people = "".join(
            f'[[recipient]]\naddress = "{one.address}"\nleast = "{NAMES[one.least]}"\n'
            f"still_watching = false\n{one.more}"
            for one in self.people
            if one.until is None
        )
        (self.folder / "coverd.toml").write_text(
            '[practice]\nname = "Elm Street"\ntime_zone = "America/New_York"\n[store]\ndir = "store"\n'
            f"[sources]\nsince_year = {self.now().year - 1 if not self.store.exists() else self.since}\n{off}"
            f'[fetch]\ncontact = "{OPERATOR}"\nmin_interval_seconds = 0\n[fetch.origins]\n{origins}'
            '[mail]\nchannel = "smtp"\nfrom = "coverd@practice.example"\nhost = "127.0.0.1"\n'
            f'port = {self.mail.port}\ntls = "none"\n'
            f'[[page]]\nname = "Payer policy"\nurl = "https://{PAYER}{POLICY}"\nunstable = true\n'
            f'[[page]]\nname = "Medicaid fees"\nurl = "https://{MEDICAID}{FEES}"\nkind = "csv"\nkey = ["Code"]\n'
            'columns = ["Rate"]\nseverity = "payment"\n'
            f'{people}[[recipient]]\naddress = "{OPERATOR}"\nrole = "operator"\n'
        )
        if not self.store.exists():
            self.since = self.now().year - 1

    # The clock.

    def now(self):
        return datetime.datetime.fromtimestamp(time.time() + self.ahead, UTC)

    def set(self, instant):
        """Puts the clock to an instant; it goes on from there."""
        self._ahead(int(instant.timestamp() - time.time()) + 1)

    def _ahead(self, seconds):
        # A monotonic clock must not go below its beginning, so the story is told in the future.
        assert seconds > 0, "the story begins before today: set FIRST_YEAR later"
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"+{seconds}\n")
        fresh.rename(self.clock)
        self.ahead = seconds

    # The process and the commands.

    def command(self, *arguments):
        return [self.program, "--config", str(self.folder / "coverd.toml"), *arguments]

    def run(self, *arguments):
        """Runs a command to its end, at this hour."""
        environment = self._environment() | {"FAKETIME": f"+{self.ahead}s"}
        return ended(self.command(*arguments), environment, PATIENCE_SECONDS)

    def list(self, *arguments):
        return json.loads(self.run(*arguments, "--format", "json").want(0).out or "[]")

    def _environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"LD_PRELOAD": faketime()}

    def start(self):
        """Starts the service and waits until it listens."""
        environment = self._environment() | {"FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("run"), env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.started = self.now()
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._woken():
            self._lives(end, "it does not listen")
            time.sleep(0.02)

    def stop(self):
        """Stops the service as a service manager does."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_SECONDS)
        self.process = None
        assert code == 0, f"coverd run ended with {code} when it was told to stop"

    def kill(self):
        """Kills the service wherever it is."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _lives(self, end, what):
        code = self.process.poll()
        assert code is None, f"coverd run ended by itself with {code}; its last words: {self.log.read_text()[-600:]}"
        assert time.monotonic() < end, f"after {PATIENCE_SECONDS} s {what}"

    def _woken(self):
        """Says something to the control socket, so that the process looks at its timers; whether it answered."""
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.settimeout(10)
                door.connect(str(self.store / "control.sock"))
                door.sendall(b'{"do": "nothing"}\n')
                return bool(door.recv(4096))
        except (FileNotFoundError, ConnectionError, TimeoutError):
            return False

    def wake(self):
        assert self._woken() or self.process.poll() is not None, "the control socket does not answer"

    # When it has done what there is to do.

    def settle(self):
        """Lets the process do all that is due by now. Where it only waits, time passes for it."""
        end = time.monotonic() + PATIENCE_SECONDS
        self.wake()
        while True:
            self._lives(end, "there is still something due")
            if not self._sleeps():
                continue
            if not self.hosts.silent and not self._is_due():
                return
            self.nudges += 1
            self._ahead(self.ahead + NUDGE_SECONDS)
            self.wake()

    def _sleeps(self):
        """Whether no thread of the process runs, and nobody talks with it who will go on by himself."""
        for _ in range(2):
            before = self._switches()
            time.sleep(0.008)
            if before is None or self.hosts.is_busy or self.mail.is_busy or self._switches() != before:
                return False
        return True

    def _switches(self):
        """How often its threads were put on and off; None while one runs."""
        total = 0
        try:
            for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
                for line in (task / "status").read_text().splitlines():
                    name, _, value = line.partition(":")
                    if name == "State" and value.strip()[0] != "S":
                        return None
                    if name.endswith("ctxt_switches"):
                        total += int(value)
        except (FileNotFoundError, ProcessLookupError):
            return None
        return total

    def _is_due(self):
        now = f"{self.now():%Y-%m-%dT%H:%M:%S}"
        with sqlite3.connect(f"file:{self.store}/coverd.db?mode=ro", uri=True, timeout=20) as base:
            dues = base.execute("SELECT next_due FROM sources").fetchall()
            ripe = "SELECT 1 FROM deliveries WHERE state = 'pending' AND next_at <= ?"
            waits = base.execute(ripe, (now,)).fetchone()
        base.close()
        return len(dues) < 3 or waits is not None or any(due <= now for (due,) in dues)

    # What is measured.

    def memory(self):
        """Resident memory, the most that it ever was, and that part which is no file's, in MB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM", "RssAnon"))

    def size(self):
        """Size of the store, in MB, without the database's log, which is written over."""
        files = [path for path in self.store.rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in files if not path.name.startswith("coverd.db-")) / 1e6

    # Backup and restore.

    def backup(self):
        """Backs the store up while the service runs."""
        file = self.folder / "backup"
        file.unlink(missing_ok=True)
        self.run("db", "backup", str(file)).want(0)

    def restore(self):
        """Puts the backup into the place of the store."""
        shutil.rmtree(self.store)
        self.run("db", "restore", str(self.folder / "backup"), str(self.store)).want(0)
        self.run("db", "check").want(0)
