#!/usr/bin/env python3
"""Every fault of a mail server, with real TLS, against the program: what is delivered, put off, dead and reported.

usage: tests/faults/mail.py PROGRAM      needs openssl and libfaketime (apt: openssl faketime); about a minute

For each fault: coverd finds a change while the server fails; the first attempt ends as stated; nothing that matters was
sent in clear; the server heals, and what was put off arrives. A message arrives twice only where its acceptance was
not told to coverd, and then it is the same, byte for byte. What is dead is told to the operator, and can be sent again.
"""

import concurrent.futures
import datetime
import os
import pathlib
import sys
import tempfile

from installation import OPERATOR, PRACTICE, Installation, Pages
from smtpd import PASSWORD, USER, Smtpd, certificates

PUT_OFF, DEAD, ARRIVED, UNSURE = "put off", "dead", "arrived", "accepted, and coverd not told"


def faults():
    """Name, stage, what happens there, and what becomes of the message at first."""
    yield "refused in a greeting", "connect", "421 4.3.2 too busy", PUT_OFF
    yield "refused for good in a greeting", "connect", "554 5.7.1 go away", PUT_OFF
    for stage in ("ehlo", "starttls", "ehlo-tls", "auth", "mail", "rcpt", "data", "end"):
        # What the server says of the login, TLS, the sender or us concerns every message: not this one's fault.
        for_good = DEAD if stage in ("rcpt", "data", "end") else PUT_OFF
        yield f"{stage} deferred", stage, "451 4.3.0 later", PUT_OFF
        yield f"{stage} refused", stage, "554 5.5.0 never", for_good
        yield f"{stage} shuts down", stage, "421 4.3.2 closing", PUT_OFF
        yield f"{stage} dropped", stage, "drop", UNSURE if stage == "end" else PUT_OFF
        yield f"{stage} silent", stage, "silent", UNSURE if stage == "end" else PUT_OFF
        yield f"{stage} slow", stage, "slow", ARRIVED
        yield f"{stage} no SMTP at all", stage, "\x00\x01\xfe hello?", PUT_OFF
    yield "connect dropped", "connect", "drop", PUT_OFF
    yield "connect silent", "connect", "silent", PUT_OFF
    yield "connect slow", "connect", "slow", ARRIVED
    yield "a greeting without an end", "connect", "endless", PUT_OFF
    yield "dropped in the text", "text", "drop", PUT_OFF
    yield "dropped after the last answer", "end", "drop-after", ARRIVED
    for action in ("drop", "silent", "garbage", "injected", "old"):
        yield f"TLS {action}", "tls", action, PUT_OFF
    for code in ("530 5.7.0 login first", "534 5.7.9 mechanism", "535 5.7.8 credentials", "538 5.7.11 encrypt"):
        for stage in ("auth", "mail", "rcpt", "data"):
            yield f"{code} at {stage}", stage, code, PUT_OFF


CERTIFICATES = ("wrong-name", "expired", "not-yet-valid", "unknown-authority", "self-signed")
SECRET = (b"MAIL", b"RCPT", b"AUTH", b"DATA", PASSWORD.encode(), b"Subject")


class Trial:
    """A practice with its own page, server and store, and one thing to tell."""

    def __init__(self, program, folder, authority, tls="starttls", practice="", more=""):
        self.server = Smtpd(authority, implicit=tls == "implicit")
        self.pages = Pages()
        password = pathlib.Path(folder) / "password"
        password.parent.mkdir(parents=True, exist_ok=True)
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        mail = (
            f'channel = "smtp"\nfrom = "coverd@practice.example"\nhost = "localhost"\nport = {self.server.port}\ntls = "{tls}"\n'
            f'user = "{USER}"\npassword_file = "{password}"\nca_file = "{authority}/authority.pem"\ntimeout_seconds = 3'
        )
        self.coverd = Installation(program, folder, self.pages, ["/policy"], mail, practice, more)
        self.says("Twelve visits a year.")
        self.check(0)
        assert self.server.connections == 0

    def says(self, body):
        self.pages.says("/policy", body)

    def check(self, later, *codes):
        return self.coverd.run("check", later=later).want(*(codes or (0,)))

    def names(self, recipient=PRACTICE):
        return [name for name, to, _, _ in self.server.taken if to == recipient]

    def in_clear(self):
        """Nothing of a message, nor of the login, went over the wire before TLS."""
        for word in SECRET:
            assert word not in self.server.clear, f"{word} was sent in clear: {self.server.clear[:400]}"

    def nothing_twice_but_unsure(self):
        """The same message twice only when the first was not acknowledged, and then the same bytes."""
        first = {}
        for name, to, text, told in self.server.taken:
            before = first.setdefault((name, to), (text, told))
            if before[0] is not text:
                assert not before[1], f"{name} came twice although it was acknowledged"
                assert before[0] == text, f"{name} came again with other bytes"
                first[(name, to)] = (text, told)

    def ends_well(self, later, messages=1):
        """The server healed: everything that waits arrives, and the store is sound."""
        self.server.heals()
        self.check(later)
        assert len(set(self.names())) == messages, self.server.taken
        assert self.coverd.states(PRACTICE) == {"delivered": messages}, self.coverd.list("outbox")
        told = len(self.server.taken)
        self.check(later + 24)
        assert len(self.server.taken) == told, "what had arrived was sent again"
        self.nothing_twice_but_unsure()
        self.in_clear()
        self.coverd.sound()


def fault(trial, stage, action, expected):
    trial.server.fails(stage, action)
    trial.says("Six visits a year.")
    ran = trial.check(24, 5 if expected == DEAD else 0)
    rows = trial.coverd.list("outbox")
    states = trial.coverd.states(PRACTICE)
    if expected == DEAD:
        assert states == {"dead": 1}, rows
        dead_and_reported(trial)
        return
    wanted = {PUT_OFF: "pending", UNSURE: "pending", ARRIVED: "delivered"}[expected]
    assert states == {wanted: 1}, (rows, ran)
    assert len(trial.names()) == (expected in (ARRIVED, UNSURE)), trial.server.taken
    trial.ends_well(26)
    assert len(trial.names()) == 1 + (expected == UNSURE), trial.server.taken


def dead_and_reported(trial):
    """Everybody is refused, the operator too: health says so, and the operator hears of it as soon as mail works."""
    trial.coverd.run("health", later=25).want(5)
    trial.server.heals()
    trial.check(24 + 24 * 8, 0, 5)
    notices = [text for _, to, text, _ in trial.server.taken if to == OPERATOR]
    assert any(b"cannot" in text and PRACTICE.encode() in text for text in notices), trial.server.taken
    [row] = [row for row in trial.coverd.list("outbox") if row["state"] == "dead" and row["recipient"] == PRACTICE]
    trial.coverd.run("outbox", "--retry", row["id"], later=24 + 24 * 8 + 1).want(0)
    trial.check(24 + 24 * 8 + 2, 0, 5)
    assert len(trial.names()) == 1, trial.server.taken
    trial.nothing_twice_but_unsure()
    trial.in_clear()
    trial.coverd.sound()


def one_recipient_refused(trial):
    """The other recipients are unharmed; the operator hears of it at once, and once."""
    trial.server.fails("rcpt", "550 5.1.1 no such user", only=PRACTICE)
    trial.says("Six visits a year.")
    trial.check(24, 5)
    assert len(trial.names(OPERATOR)) == 1, trial.server.taken
    trial.check(48, 0, 5)
    assert len(trial.names(OPERATOR)) == 1, trial.server.taken
    assert trial.coverd.states(PRACTICE) == {"dead": 1}
    trial.in_clear()


def bad_certificate(trial, name):
    trial.server.certificate = name
    fault(trial, None, None, PUT_OFF)
    assert trial.server.logins, "after it healed somebody logged in"


def not_offered(trial, what):
    setattr(trial.server, what, False)
    fault(trial, None, None, PUT_OFF)


def clear_text_elsewhere(trial):
    """Without TLS to another machine is a mistake of the configuration, found before anything is sent."""
    config = trial.coverd.folder / "coverd.toml"
    text = config.read_text().replace('tls = "starttls"', 'tls = "none"').replace('host = "localhost"', 'host = "mail.practice.example"')
    config.write_text(text)
    trial.coverd.run("config", "check").want(3)
    trial.coverd.run("check", later=24).want(3)


def a_week_of_it(trial, breaks):
    """Mended never: dead after about a week, and health says so."""
    breaks(trial.server)
    trial.says("Six visits a year.")
    hour, waits = 24, 0
    while trial.coverd.states(PRACTICE).get("dead") != 1:
        trial.check(hour, 0, 5)
        hour, waits = hour + 13, waits + 1
        assert waits < 30, "it is never given up"
    assert waits >= 14, f"given up after {waits} attempts"
    dead_after_week(trial, hour)


def dead_after_week(trial, hour):
    trial.coverd.run("health", later=hour).want(5)
    trial.server.heals()
    for _ in range(2):
        hour += 24
        trial.check(hour, 0, 5)
    notices = [text for _, to, text, _ in trial.server.taken if to == OPERATOR]
    assert any(PRACTICE.encode() in text for text in notices), "the operator was not told"
    trial.in_clear()
    trial.coverd.sound()


VISITS = ("Eleven", "Ten", "Nine", "Eight", "Seven", "Six")


def three_days_of_news(trial, first_hour):
    """Six changes in three days, with a check after each; returns the hour of the last."""
    for number, word in enumerate(VISITS):
        trial.says(f"{word} visits a year.")
        trial.check(first_hour + 12 * number)
    return first_hour + 12 * (len(VISITS) - 1)


def three_days_down(trial):
    """A server that is down for three days: then every message, oldest first."""
    trial.server.close()
    hour = three_days_of_news(trial, 24)
    assert trial.server.taken == []
    trial.server.reopen()
    for later in range(hour + 12, hour + 48, 6):
        trial.check(later)
    rows = sorted(trial.coverd.list("outbox"), key=lambda row: row["created"])
    assert trial.names() == [row["message_id"] for row in rows] and len(rows) == len(VISITS), (trial.names(), rows)
    trial.nothing_twice_but_unsure()
    trial.in_clear()
    trial.coverd.sound()


def three_days_down_digest(trial):
    """The same for who wants one digest a week, when the server is down for the three days after it is due."""
    now = datetime.datetime.now()
    tuesday = ((1 - now.weekday()) % 7 or 7) * 24 + 12 - now.hour
    trial.server.close()
    three_days_of_news(trial, tuesday)
    for later in range(tuesday + 3 * 24, tuesday + 9 * 24, 12):
        trial.check(later)
    trial.server.reopen()
    trial.check(tuesday + 9 * 24 + 1)
    [text] = [text for _, to, text, _ in trial.server.taken if to == PRACTICE]
    missing = [word for word in VISITS if word.encode() + b" visits" not in text.replace(b"=\r\n", b"")]
    assert not missing, missing
    trial.in_clear()
    trial.coverd.sound()


def unsure_before_a_digest(trial):
    """A message that may have arrived is not told again within a digest, under another name."""
    trial.says("Eleven visits a year.")
    trial.check(24)
    trial.server.fails("end", "drop")
    trial.check(48)  # its hour has come
    assert len(trial.names()) == 1, trial.server.taken
    trial.says("Ten visits a year.")
    trial.check(49)
    trial.server.heals()
    trial.check(96)
    names = trial.names()
    # The first was taken at both attempts whose answer got lost, and once more.
    assert names.count(names[0]) == 3 and len(names) == 4 and len(set(names)) == 2, names
    trial.nothing_twice_but_unsure()
    assert trial.coverd.states(PRACTICE) == {"delivered": 2}, trial.coverd.list("outbox")


def mail_test(trial, breaks, words):
    """`coverd mail-test` says what is wrong, without the password."""
    breaks(trial.server)
    ran = trial.coverd.run("mail-test")
    said = ran.out + ran.err
    assert ran.code not in (0, 101), ran
    assert PASSWORD not in said and any(word in said for word in words), ran
    trial.in_clear()
    trial.server.heals()
    trial.coverd.run("mail-test").want(0)
    assert len(trial.names()) == 1, trial.server.taken


def trials(program, folder, authority):
    """Every trial, as its name and what runs it."""

    def make(name, play, *arguments, **settings):
        path = folder / name.replace(" ", "-").replace("/", "-")
        return name, lambda: play(Trial(program, path, authority, **settings), *arguments)

    for name, stage, action, expected in faults():
        yield make(name, fault, stage, action, expected)
    for tls in ("starttls", "implicit"):
        yield make(f"nothing wrong, {tls}", fault, None, None, ARRIVED, tls=tls)
        for name in CERTIFICATES:
            yield make(f"certificate {name}, {tls}", bad_certificate, name, tls=tls)
    yield make("implicit, no TLS there", fault, "tls", "garbage", PUT_OFF, tls="implicit")
    yield make("STARTTLS not offered", not_offered, "offers_tls")
    yield make("AUTH not offered", not_offered, "offers_login")
    yield make("one recipient refused", one_recipient_refused)
    yield make("clear text to another machine", clear_text_elsewhere)
    yield make("login refused for a week", a_week_of_it, lambda server: server.fails("auth", "535 5.7.8 no"))
    yield make("certificate expired for a week", a_week_of_it, lambda server: setattr(server, "certificate", "expired"))
    yield make("three days down", three_days_down)
    yield make("three days down, digest", three_days_down_digest, practice='digest_for = { payment = "weekly" }')
    yield make("unsure before a digest", unsure_before_a_digest, practice='digest_for = { payment = "daily" }')
    yield make("mail-test, login", mail_test, lambda server: server.fails("auth", "535 5.7.8 no"), ["535"])
    yield make("mail-test, certificate", mail_test, lambda server: setattr(server, "certificate", "expired"), ["expired"])
    yield make("mail-test, name", mail_test, lambda server: setattr(server, "certificate", "wrong-name"), ["name"])
    yield make("mail-test, no STARTTLS", mail_test, lambda server: setattr(server, "offers_tls", False), ["STARTTLS"])


def main():
    program = os.path.abspath(sys.argv[1])
    chosen = sys.argv[2] if len(sys.argv) > 2 else ""
    failed = []
    with tempfile.TemporaryDirectory(prefix="coverd-mail-") as folder, concurrent.futures.ThreadPoolExecutor(12) as pool:
        authority = certificates(pathlib.Path(folder) / "certificates")
        running = {pool.submit(play): name for name, play in trials(program, pathlib.Path(folder), authority) if chosen in name}
        for done in concurrent.futures.as_completed(running):
            if error := done.exception():
                failed.append(running[done])
                print(f"FAILED: {running[done]}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"mail faults: {len(running) - len(failed)} of {len(running)} as promised")
    return bool(failed) or not running


if __name__ == "__main__":
    sys.exit(main())
