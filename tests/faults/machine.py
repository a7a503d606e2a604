#!/usr/bin/env python3
"""Faults of disk, memory, clock and process, against the program: nothing lost, nothing told twice, nothing false.

usage: tests/faults/machine.py PROGRAM [PART OF A NAME]
       needs root, libfaketime and libfiu (apt: faketime fiu-utils) and openssl

Each trial has a coverd of its own that watches a page. The page changes while something is wrong; when it is mended,
the change is told to the practice, once, and the store is sound. File systems are mounted in a private mount namespace,
so that they are gone with this program, however it ends.
"""

import base64
import concurrent.futures
import contextlib
import datetime
import http.client
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

from installation import OPERATOR, PRACTICE, Installation, Pages, document, faketime
from smtpd import PASSWORD, USER, Smtpd, certificates

BEFORE, AFTER = "Twelve visits a year.", "Six visits a year."
MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "migrations"
NO_SPACE = re.compile("no space", re.IGNORECASE)
READ_ONLY = re.compile("read-only|cannot be written", re.IGNORECASE)
EVERY_MINUTE = '[sources.page]\nschedule = "* * * * *"'
PRIVATE = "COVERD_FAULTS_IN_PRIVATE_MOUNTS"
ROOMY = 256 * 1024  # kilobytes
PATIENCE = 300  # seconds; only lest something hangs for ever
HOUR = 3600
AT_ONCE = 6  # the first ones mostly wait


class Broken(AssertionError):
    """What was seen instead of what was promised."""


def need(holds, *seen):
    """Ends the trial with what was seen, unless the promise holds."""
    if not holds:
        raise Broken(" ".join(str(word) for word in seen))


def command(*words):
    """Runs a tool of the system, which has to work."""
    subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, timeout=PATIENCE)


def by_itself(*words, said="", environment=None):
    """Runs the program without the configuration of a trial, or with another environment."""
    words = [str(word) for word in words]
    return subprocess.run(
        words,
        env=environment,
        input=said,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )


class Place:
    """A folder for one trial, with a page and a coverd; its mails go into a folder beside the store."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.asked, self.unclear = 0, []
        self.operator_may_hear = False  # of a page that cannot be read; a fault of this machine is none
        self.store = self.folder / "store"
        self.mail = self.folder / "mail"
        self.pages = Pages()
        self.coverd = None

    def install(self, practice="", more="", fetch="", mail=None):
        mail = mail or f'channel = "file"\ndir = "{self.mail}"'
        self.coverd = Installation(self.program, self.folder, self.pages, ["/policy"], mail, practice, more, fetch)
        self.says(BEFORE)
        return self

    def says(self, body):
        """Lets the page say `body`; who asks for it is counted."""
        page = document(body)

        def answer(handler):
            self.asked += 1
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html; charset=utf-8")
            handler.send_header("Content-Length", str(len(page)))
            handler.end_headers()
            handler.wfile.write(page)

        self.pages.answers["/policy"] = answer

    def check(self, later=0, before=()):
        return self.coverd.run("check", later=later, before=before, timeout=PATIENCE)

    def begins(self):
        """The first reading, without any fault; a copy of the store is kept, to begin from again."""
        self.check().want(0)
        need(self.coverd.told() == [] and self.messages() == [], "news at the first reading")
        shutil.copytree(self.store, self.folder / "kept")
        return self

    def begins_again(self):
        """As after `begins`."""
        for path in self.store.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self.folder / "kept", self.store, dirs_exist_ok=True)
        shutil.rmtree(self.mail, ignore_errors=True)
        self.says(BEFORE)

    def messages(self, to=PRACTICE):
        """The mails that lie in the folder, to one recipient."""
        found = [path.read_bytes() for path in sorted(self.mail.glob("*.eml"))]
        return [text for text in found if re.search(rb"^To:.*" + re.escape(to.encode()), text, re.MULTILINE)]

    def told_once(self, changes=1):
        """The page's news was told to the practice, each once, and nothing else."""
        told = self.coverd.told()
        need(len(told) == changes, f"{len(told)} changes and not {changes}:", told)
        messages = self.messages()
        need(len(messages) == changes, f"{len(messages)} messages and not {changes}")
        alarms = self.messages(OPERATOR)
        need(self.operator_may_hear or not alarms, "the operator was alarmed of the page:", alarms)
        states = self.coverd.states(PRACTICE)
        need(states == {"delivered": changes}, states)
        if changes == 1:
            need(BEFORE in told[0][2] and BEFORE not in told[0][3], "told otherwise:", told)

    def stated(self, ran, words):
        """It ended with an error in words, not by a signal or a panic.

        Words that do not say why are kept for the end, so that they hide nothing worse."""
        need(ran.code > 0 and ran.code != 101 and "panicked" not in ran.err, "ended with", ran.code, ran.err)
        if not words.search(ran.err + ran.out):
            self.unclear.append((ran.out + ran.err).strip())

    def sound(self):
        ran = self.coverd.run("db", "check", timeout=PATIENCE)
        need(ran.code == 0, "db check ended with", ran.code, ran.out, ran.err)

    def ends_well(self, later=0, again=True):
        """Without a fault the next check tells the change, and the one after it nothing more."""
        for _ in range(1 + again):
            ran = self.check(later)
            need(ran.code == 0, "without a fault, check ended with", ran.code, ran.out, ran.err)
        self.told_once()
        self.sound()


class Tmpfs:
    """The store's folder as a small file system in memory."""

    def __init__(self, folder, kilobytes=ROOMY, more=""):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        command("mount", "-t", "tmpfs", "-o", f"mode=700,size={kilobytes}k{more}", "coverd-faults", folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)

    def used(self):
        """In kilobytes."""
        usage = os.statvfs(self.folder)
        return (usage.f_blocks - usage.f_bfree) * usage.f_frsize // 1024

    def remount(self, options):
        command("mount", "-o", f"remount,{options}", self.folder)

    def leaves(self, kilobytes):
        """So much room is left; a page at least where it is empty, since no size at all means without a limit."""
        self.remount(f"size={max(4, self.used() + kilobytes)}k")

    def leaves_inodes(self, number):
        """So many files can be made."""
        usage = os.statvfs(self.folder)
        self.remount(f"nr_inodes={usage.f_files - usage.f_ffree + number}")

    def heals(self):
        self.remount(f"size={ROOMY}k")


class Ext4:
    """The store's folder as a real file system in a file, with small blocks; on an error it becomes read-only."""

    def __init__(self, folder, beside, megabytes):
        self.folder, self.image = folder, beside / "disk"
        folder.mkdir(exist_ok=True)
        with self.image.open("wb") as image:
            image.truncate(megabytes << 20)
        command("mkfs.ext4", "-q", "-b", 1024, "-m", 0, self.image)
        self._mount()

    def _mount(self):
        command("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)
        self.ballast = self.folder / "ballast"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)

    def leaves(self, kilobytes):
        """So much room is left, or a little more."""
        with self.ballast.open("wb", buffering=0) as ballast:
            block, size = bytes(1024), 0
            with contextlib.suppress(OSError):
                while True:
                    size += ballast.write(block)
            ballast.truncate(max(0, size - 1024 * kilobytes))
            os.fsync(ballast.fileno())

    def heals(self):
        self.ballast.unlink(missing_ok=True)

    def fails(self):
        """The kernel finds an error in it and lets nobody write any more."""
        device = subprocess.run(
            ["findmnt", "-n", "-o", "SOURCE", str(self.folder)], check=True, capture_output=True, text=True
        ).stdout.strip()
        pathlib.Path("/sys/fs/ext4", pathlib.Path(device).name, "trigger_fs_error").write_text("of a test")

    def mended(self):
        """Somebody repairs it and mounts it again."""
        command("umount", self.folder)
        repaired = subprocess.run(["e2fsck", "-f", "-y", str(self.image)], capture_output=True, timeout=PATIENCE)
        need(repaired.returncode in (0, 1), repaired)
        self._mount()


class Running:
    """`coverd run`, until the end of the block."""

    def __init__(self, place, environment=None, before=(), options=()):
        self.place, self.log = place, place.folder / f"run-{time.monotonic_ns()}.log"
        program, *rest = place.coverd.command("run")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, program, *options, *rest],
                env=place.coverd.environment() | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def said(self):
        return self.log.read_text(errors="replace")

    def until(self, holds, what):
        """Waits until something holds; the program has to live meanwhile."""
        end = time.monotonic() + PATIENCE
        while not holds():
            need(self.process.poll() is None, f"it ended with {self.process.returncode} before {what}:", self.said())
            need(time.monotonic() < end, f"waited in vain for: {what}:", self.said()[-3000:])
            time.sleep(0.05)
        return self

    def ready(self):
        return self.until(lambda: re.search(r"\bready\b", self.said()), "it was ready")

    def checked(self, times=1):
        """Until so many checks have ended."""
        return self.until(lambda: len(re.findall("check ends", self.said())) >= times, f"the end of check {times}")

    def stop(self):
        """As the service manager stops it."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        need(code == 0, "told to stop, it ended with", code, self.said()[-3000:])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class MovedClock:
    """A clock for programs that run, which can be moved meanwhile."""

    def __init__(self, folder, seconds=0):
        self.file = folder / "clock"
        self.set(seconds)

    def set(self, seconds):
        """So many seconds ahead of the machine's clock."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n")
        new.rename(self.file)  # never seen half written
        self.ahead = seconds

    def environment(self):
        return {
            "LD_PRELOAD": faketime(),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


# Disk -----------------------------------------------------------------------------------------------------------------


def fills_up(place, disk, step, run, fails, succeeds, fewest=3):
    """Runs something with more room each time, until it succeeds; what was seen in between is judged by `fails`."""
    failed = 0
    for room in range(0, 8192, step):
        place.begins_again()
        disk.leaves(room)
        ran = run()
        if succeeds(ran):
            need(failed >= fewest, f"it failed with {failed} sizes only")
            return
        failed += 1
        try:
            fails(ran)
        except AssertionError as error:
            raise Broken(f"with {room} kB left: {error}") from error
    raise Broken("it never succeeded")


def disk_full_at_a_change(place):
    """wherever the disk fills up while a change is read, that is said, nothing is lost or false, and it is told once"""
    place.install()
    with Tmpfs(place.store) as disk:
        place.begins()

        def run():
            place.says(AFTER)
            return place.check()

        def fails(ran):
            place.stated(ran, NO_SPACE)
            need(len(place.messages()) <= 1, "told twice")
            disk.heals()
            place.sound()
            place.ends_well(again=False)

        fills_up(place, disk, 4, run, fails, lambda ran: ran.code == 0)
        place.told_once()
        disk.heals()
        place.ends_well()


def disk_full_at_the_first_start(place):
    """wherever the disk fills up while the store is made, that is said, and with room the first reading is no news"""
    place.install()
    with Tmpfs(place.store) as disk:
        (place.folder / "kept").mkdir()

        def fails(ran):
            place.stated(ran, NO_SPACE)
            disk.heals()
            place.check().want(0)
            need(place.coverd.told() == [] and place.messages() == [], "news at the first reading")
            place.sound()

        fills_up(place, disk, 12, place.check, fails, lambda ran: ran.code == 0, 5)
        disk.heals()
        place.says(AFTER)
        place.ends_well()


def disk_full_in_a_backup(place):
    """a backup that finds no room says so and leaves no file, one that ends well can be restored; the store is sound"""
    place.install().begins()
    place.says(AFTER)
    place.ends_well()
    (place.folder / "backups").mkdir()
    with Tmpfs(place.folder / "backups") as disk:
        backup, failed = disk.folder / "backup", 0
        for room in range(0, 8192, 20):
            disk.leaves(room)
            ran = place.coverd.run("db", "backup", str(backup))
            if ran.code == 0:
                break
            failed += 1
            place.stated(ran, NO_SPACE)
            need(list(disk.folder.iterdir()) == [], "left behind:", list(disk.folder.iterdir()))
        need(ran.code == 0 and failed >= 3, "it failed with", failed, "sizes, at last", ran.out, ran.err)
        restored = place.folder / "restored"
        place.coverd.run("db", "restore", str(backup), str(restored)).want(0)
        place.coverd.run("--store", str(restored), "db", "check").want(0)
    place.sound()


def disk_full_in_a_restore(place):
    """a restore that finds no room says so, and can be repeated into the same folder when there is room"""
    place.install().begins()
    backup = place.folder / "backup"
    place.coverd.run("db", "backup", str(backup)).want(0)
    with Tmpfs(place.folder / "restored") as disk:
        failed = 0
        for room in range(0, 8192, 20):
            disk.leaves(room)
            ran = place.coverd.run("db", "restore", str(backup), str(disk.folder))
            if ran.code == 0:
                break
            failed += 1
            place.stated(ran, NO_SPACE)
        need(ran.code == 0 and failed >= 3, "it failed with", failed, "sizes, at last", ran.out, ran.err)
        place.coverd.run("--store", str(disk.folder), "db", "check").want(0)


def disk_full_for_the_mails(place):
    """mails that find no room wait in the outbox, whole, and are delivered once when there is room"""
    place.mail.mkdir()
    place.install()
    with Tmpfs(place.mail) as disk:
        place.begins()
        disk.leaves(0)
        place.says(AFTER)
        place.check().want(0)
        need(place.coverd.states(PRACTICE) == {"pending": 1}, place.coverd.list("outbox"))
        need(place.messages() == [], "a mail that was not written counts as one")
        disk.heals()
        place.ends_well(later=1)


def disk_full_while_it_runs(place):
    """a service whose disk is full says so and goes on; with room again it tells the change, without a restart"""
    place.install()
    with Tmpfs(place.store) as disk, Running(place) as running:
        running.ready().checked()
        disk.leaves(0)
        place.says(AFTER)
        ran = place.check()
        need(ran.code not in (0, 101), "asked for a check on a full disk, it ended with", ran.code, ran.out, ran.err)
        running.until(lambda: NO_SPACE.search(running.said()), "the log said that no space is left")
        need(place.messages() == [], "told although nothing could be kept")
        disk.heals()
        place.check().want(0)
        running.until(lambda: place.messages(), "the change was told")
        place.told_once()
        running.stop()
        place.ends_well()


def older(store):
    """Makes the database one of version 5, as an older program left it: without what the next migration made."""
    database = sqlite3.connect(store / "coverd.db", isolation_level=None)
    database.executescript("DROP TABLE passage_words; DROP TABLE passages; PRAGMA user_version = 5; VACUUM;")
    database.close()


def contents(database):
    """Everything that is in a database, for a comparison."""
    connection = sqlite3.connect(database)
    dump = [connection.execute("PRAGMA user_version").fetchone()[0], *connection.iterdump()]
    connection.close()
    return dump


def disk_full_while_migrating(place):
    """a migration that finds no room says so and leaves the older database as it was; with room it is migrated"""
    place.install()
    with Tmpfs(place.store) as disk:
        place.begins()
        newest = contents(place.folder / "kept" / "coverd.db")[0]
        older(place.folder / "kept")
        before = contents(place.folder / "kept" / "coverd.db")
        need(before[0] == 5 < newest, "the older database has version", before[0], "and the newest is", newest)

        def run():
            place.says(AFTER)
            return place.check()

        def unchanged():
            copy = place.folder / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(place.store, copy)
            return contents(copy / "coverd.db") == before

        stopped_at = []

        def fails(ran):
            place.stated(ran, NO_SPACE)
            if unchanged():
                stopped_at.append(5)
                place.coverd.run("changes").want(1)  # it says that it has to be migrated
            else:
                # This step had room, the next one or the change itself had none.
                stopped_at.append(contents(place.folder / "copy" / "coverd.db")[0])
                need(stopped_at[-1] > 5, "the older database is not as it was")
            disk.heals()
            place.ends_well(again=False)
            need(contents(place.store / "coverd.db")[0] == newest, "not migrated")

        fills_up(place, disk, 4, run, fails, lambda ran: ran.code == 0)
        need(5 in stopped_at and sorted(stopped_at) == stopped_at, "with more and more room it stopped at", stopped_at)


def disk_full_while_migrating_from_the_first(place):
    """the same from the very first form of the database, through every migration: always whole, never in between"""
    place.install()
    steps = sorted(MIGRATIONS.glob("*.sql"))
    with Tmpfs(place.store) as disk:
        (place.folder / "kept").mkdir()
        database = sqlite3.connect(place.folder / "kept" / "coverd.db", isolation_level=None)
        application = int.from_bytes(b"covD", "big")
        database.executescript(
            f"{steps[0].read_text()}; PRAGMA application_id = {application}; PRAGMA user_version = 1;"
            "PRAGMA journal_mode = wal;"
        )
        database.close()
        # What each version looks like, by the same files.
        forms = {}
        model = sqlite3.connect(":memory:", isolation_level=None)
        for number, step in enumerate(steps, 1):
            model.executescript(step.read_text())
            forms[number] = sorted(model.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"))
        model.close()
        seen = set()

        def fails(ran):
            place.stated(ran, NO_SPACE)
            copy = place.folder / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(place.store, copy)
            connection = sqlite3.connect(copy / "coverd.db")
            [(version,)] = connection.execute("PRAGMA user_version")
            form = sorted(connection.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"))
            connection.close()
            need(form == forms[version], f"version {version} has another form than its migrations make")
            seen.add(version)
            disk.heals()
            place.check().want(0)
            need(place.coverd.told() == [] and place.messages() == [], "news at the first reading")
            place.sound()

        fills_up(place, disk, 8, place.check, fails, lambda ran: ran.code == 0)
        need(len(seen) >= 2, "it only ever stopped at version", seen)
        disk.heals()
        place.says(AFTER)
        place.ends_well()


def no_inodes(place):
    """where no file can be made any more, that is said; with inodes the change is told once"""
    place.install()
    with Tmpfs(place.store) as disk:
        place.begins()
        failed = 0
        for spare in range(0, 40):
            place.begins_again()
            disk.leaves_inodes(spare)
            place.says(AFTER)
            ran = place.check()
            if ran.code == 0:
                break
            failed += 1
            place.stated(ran, NO_SPACE)
            disk.remount("nr_inodes=10000")
            place.sound()
            place.ends_well(again=False)
        need(ran.code == 0 and failed >= 2, "it failed with", failed, "numbers of inodes, at last", ran.out, ran.err)
        disk.remount("nr_inodes=10000")
        place.ends_well()


def no_inodes_at_the_first_start(place):
    """the same while the store is made: the first reading is no news, whatever was left of the failed start"""
    place.install()
    (place.folder / "kept").mkdir()
    with Tmpfs(place.store) as disk:
        failed = 0
        for spare in range(0, 40):
            place.begins_again()
            disk.leaves_inodes(spare)
            ran = place.check()
            if ran.code == 0:
                break
            failed += 1
            place.stated(ran, NO_SPACE)
            disk.remount("nr_inodes=10000")
            place.check().want(0)
            need(place.coverd.told() == [] and place.messages() == [], "news at the first reading")
            place.sound()
        need(ran.code == 0 and failed >= 3, "it failed with", failed, "numbers of inodes, at last", ran.out, ran.err)
        disk.remount("nr_inodes=10000")
        place.says(AFTER)
        place.ends_well()


def read_only_before_it_starts(place):
    """a store that cannot be written is said to be read-only; when it can be, the change is told once"""
    place.install()
    with Tmpfs(place.store) as disk:
        place.begins()
        disk.remount("ro")
        place.says(AFTER)
        place.stated(place.check(), READ_ONLY)
        with Running(place) as running:
            code = running.process.wait(PATIENCE)
            need(code not in (0, 2, 3, 6) and code > 0, "run ended with", code, "so that it is not started again")
            need(READ_ONLY.search(running.said()), "run does not say why:", running.said())
        disk.remount("rw")
        place.ends_well()


def read_only_while_it_runs(place):
    """a disk that fails and becomes read-only while it runs: said in the log, nothing false; mended, it is told once"""
    place.install(more=EVERY_MINUTE)
    clock = MovedClock(place.folder)
    with Ext4(place.store, place.folder, 64) as disk:
        with Running(place, clock.environment()) as running:
            running.ready().checked()
            disk.fails()
            place.says(AFTER)
            ran = place.check()
            place.stated(ran, READ_ONLY)
            clock.set(HOUR)
            running.until(lambda: READ_ONLY.search(running.said()), "the log said why")
            need(place.messages() == [], "told although nothing could be kept")
            need("panicked" not in running.said(), running.said())
            running.process.terminate()
            code = running.process.wait(PATIENCE)
            need(code in (0, 1), "told to stop, it ended with", code, running.said()[-3000:])
        disk.mended()
        place.sound()
        place.ends_well(later=2)


def limit_of_file_size(place):
    """where files may not grow any more (ulimit -f), that is said in words; without the limit it is told once"""
    place.install().begins()
    failed, killed = 0, []
    for size in (0, 1024, 20_000, 40_000, 80_000, 120_000, 200_000, 400_000):
        place.begins_again()
        place.says(AFTER)
        ran = place.check(before=("prlimit", f"--fsize={size}"))
        if ran.code == 0:
            place.told_once()
            continue
        failed += 1
        if ran.code < 0:
            killed.append(f"{size} bytes: killed by {signal.Signals(-ran.code).name}")
        else:
            place.stated(ran, re.compile("too large|EFBIG|no space|disk I/O", re.IGNORECASE))
        place.sound()
        place.ends_well(again=False)
    need(failed, "no limit was met")
    need(not killed, "nothing was lost, but it ended without a word:", "; ".join(killed))


def mapped_memory_fails(place):
    """where writing to mapped memory kills (a full disk with small blocks), nothing is lost or told twice"""
    place.install()
    with Ext4(place.store, place.folder, 4) as disk:
        place.begins()
        failed, signals = 0, 0
        for room in (0, 4, 12, 24, 33, 40, 60, 90, 140, 220):
            place.begins_again()
            disk.leaves(room)
            place.says(AFTER)
            ran = place.check()
            failed += ran.code != 0
            signals += ran.code == -signal.SIGBUS
            if ran.code != -signal.SIGBUS and ran.code != 0:
                place.stated(ran, re.compile("no space|disk I/O|unable to open", re.IGNORECASE))
            disk.heals()
            place.sound()
            place.ends_well(again=False)
        need(failed >= 3, f"it failed with {failed} sizes only, {signals} of them by SIGBUS")


POINTS = {
    # What fails, how often. Where nearly every step needs the call, it must fail seldom for anything to begin.
    "posix/io/sync/fsync": (0.02, 0.05, 0.1, 0.3, 0.6),
    "posix/io/sync/fdatasync": (0.3,),
    "posix/io/rw/write": (0.01, 0.02, 0.05, 0.1),
    "posix/io/rw/pwrite": (0.002, 0.005, 0.01, 0.02, 0.05),
    "posix/io/rw/pwrite/reduce": (0.3, 0.6),
    "posix/io/rw/ftruncate": (0.1, 0.3, 0.9),
    "posix/io/rw/read": (0.01, 0.03, 0.06, 0.1),
    "posix/io/rw/read/reduce": (0.2, 0.5),
    "posix/io/rw/pread": (0.005, 0.01, 0.02, 0.05, 0.1),
    "posix/io/rw/pread/reduce": (0.02, 0.2),
    "posix/mm/mmap": (0.01, 0.03),
    "posix/io/oc/open": (0.01, 0.02, 0.05, 0.1),
    "posix/io/oc/close": (0.05, 0.2, 0.5),
    "posix/io/dir/rename": (0.1, 0.3, 0.6, 0.9),
    "posix/io/dir/unlink": (0.3, 0.9),
}
TIMES = 2


# Threads are woken by the same call, for which the kernel has no faults, and a library gives up there: the program may
# then stand still, without a word since its words are written by the call as well. It is killed, one more fault.
NOT_OF_A_DISK = "posix/io/rw/write"


def check_disturbed(place, name, probability):
    """A check in which calls fail now and then; how it ended, and what it said."""
    fault = f"enable_random name={name},probability={probability}"
    said = place.folder / "said"
    with said.open("wb") as to:
        process = subprocess.Popen(
            ["fiu-run", "-x", "-f", "", "-c", fault, *place.coverd.command("check")],
            env=place.coverd.environment(),
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=to,
        )
    try:
        process.wait(3 if name == NOT_OF_A_DISK else PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        need(name == NOT_OF_A_DISK, fault, "and it stands still:", said.read_text(errors="replace"))
    return process.returncode, said.read_text(errors="replace")


def calls_fail(place, points):
    """Every call of a kind fails now and then."""
    place.install().begins()
    rounds = [(name, probability) for name in points for probability in POINTS[name] * TIMES]
    disturbed = {name: 0 for name in points}
    for name, probability in rounds:
        place.begins_again()
        place.says(AFTER)
        for _ in range(2):
            code, said = check_disturbed(place, name, probability)
            disturbed[name] += code != 0
            need("panicked at src/" not in said, f"{name}: ended with", code, said)
            need(len(place.messages()) <= 1, f"{name}: told twice")
        try:
            place.ends_well(later=1, again=False)
        except AssertionError as error:
            raise Broken(f"{name} with probability {probability}: {error}; before: {code} {said}") from error
    return disturbed


def syncs_fail(place):
    """fsync and fdatasync that fail: the change is told once, the store is sound"""
    disturbed = calls_fail(place, [name for name in POINTS if "/sync/" in name])
    need(sum(disturbed.values()), "nothing was disturbed", disturbed)


def writes_fail(place):
    """writes that fail, or write a part only: the change is told once, the store is sound"""
    disturbed = calls_fail(place, [name for name in POINTS if "write" in name or "truncate" in name])
    need(sum(disturbed.values()), "nothing was disturbed", disturbed)


def reads_fail(place):
    """reads that fail, or read a part only: the change is told once, the store is sound"""
    disturbed = calls_fail(place, [name for name in POINTS if "read" in name or "mmap" in name])
    need(sum(disturbed.values()), "nothing was disturbed", disturbed)


def files_fail(place):
    """files that cannot be opened, closed, renamed, removed: the change is told once, the store is sound"""
    disturbed = calls_fail(place, [name for name in POINTS if "/oc/" in name or "/dir/" in name])
    need(sum(disturbed.values()), "nothing was disturbed", disturbed)


# Process --------------------------------------------------------------------------------------------------------------


WORDS = [f"{number} visits a year." for number in range(100, 400)]


class Killer:
    """Kills commands at moments spread over the time that they take, which is learned on the way."""

    def __init__(self, place, wanted):
        self.place, self.wanted = place, wanted
        self.whole, self.hits, self.strikes = 1.0, 0, 0

    def goes_on(self):
        """Until so many were killed at work."""
        need(self.strikes < 12 * self.wanted, f"of {self.strikes} only {self.hits} were killed before their end")
        return self.hits < self.wanted

    def strikes_at(self, *arguments):
        self.strikes += 1
        began = time.monotonic()
        process = subprocess.Popen(
            self.place.coverd.command(*arguments),
            env=self.place.coverd.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(self.whole * random.random())
            self.whole = time.monotonic() - began
        except subprocess.TimeoutExpired:
            process.kill()
            self.whole *= 1.02
        self.hits += process.wait() == -signal.SIGKILL


def killed_in_a_check(place):
    """killed at 20 moments of a check, nothing is lost: the next check tells the change, once"""
    place.install().begins()
    killer, told = Killer(place, 20), 0
    while killer.goes_on():
        place.says(WORDS[told])
        told += 1
        killer.strikes_at("check")
        place.check().want(0)
        # Each change came once, whichever of the two checks found it.
        place.told_once(told)
        place.sound()
    now = "".join(change[3] for change in place.coverd.told())
    need(all(word in now for word in WORDS[:told]), now)


def killed_in_a_backup(place):
    """killed at 10 moments of a backup: there is a whole file or none, and it can be repeated"""
    place.install().begins()
    place.says(AFTER)
    place.check().want(0)
    backup, restored = place.folder / "backup", place.folder / "restored"
    killer = Killer(place, 10)
    while killer.goes_on():
        killer.strikes_at("db", "backup", str(backup))
        if not backup.exists():
            place.coverd.run("db", "backup", str(backup)).want(0)
        place.coverd.run("db", "restore", str(backup), str(restored)).want(0)
        place.coverd.run("--store", str(restored), "db", "check").want(0)
        backup.unlink()
        shutil.rmtree(restored)
    place.ends_well()


def killed_in_a_restore(place):
    """killed at 10 moments of a restore: the database is there whole or not at all, and it can be repeated"""
    place.install().begins()
    backup, restored = place.folder / "backup", place.folder / "restored"
    place.coverd.run("db", "backup", str(backup)).want(0)
    killer = Killer(place, 10)
    while killer.goes_on():
        killer.strikes_at("db", "restore", str(backup), str(restored))
        if not (restored / "coverd.db").exists():
            place.coverd.run("db", "restore", str(backup), str(restored)).want(0)
        place.coverd.run("--store", str(restored), "db", "check").want(0)
        shutil.rmtree(restored)


def killed_while_migrating(place):
    """killed at 20 moments of the first start after an upgrade, the next start ends the migration; told once"""
    place.install().begins()
    newest = contents(place.folder / "kept" / "coverd.db")[0]
    older(place.folder / "kept")
    killer, versions = Killer(place, 20), set()
    while killer.goes_on() or not versions >= {5, newest}:
        place.begins_again()
        place.says(AFTER)
        killer.strikes_at("check")
        copy = place.folder / "copy"
        shutil.copytree(place.store, copy)
        versions.add(contents(copy / "coverd.db")[0])
        shutil.rmtree(copy)
        place.ends_well(again=False)


def nobody_reads_what_it_prints(place):
    """what a check finds is mailed all the same where its output or its log cannot be written (closed pipe, no room)"""
    place.install().begins()
    late = []
    for out, err in (("full", "good"), ("good", "full"), ("closed", "good"), ("good", "closed"), ("closed", "closed")):
        place.begins_again()
        place.says(AFTER)
        with contextlib.ExitStack() as opened:

            def stream(kind, opened=opened):
                if kind == "closed":
                    reader, writer = os.pipe()
                    os.close(reader)
                    return opened.enter_context(os.fdopen(writer, "wb"))
                return opened.enter_context(open("/dev/full" if kind == "full" else os.devnull, "wb"))

            ended = subprocess.run(
                place.coverd.command("check"),
                env=place.coverd.environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream(out),
                stderr=stream(err),
                timeout=PATIENCE,
                check=False,
            )
        code = ended.returncode
        need(code >= 0 and code != 101, f"output {out}, log {err}: ended with", code)
        if not place.messages():
            late.append(f"output {out}, log {err}: ended with {code}, the mail waits")
        place.ends_well()
    need(not late, "; ".join(late))


def log_cannot_be_written(place):
    """a service whose log cannot be written any more goes on and tells the change"""
    place.install(more=EVERY_MINUTE).begins()
    clock = MovedClock(place.folder, HOUR)
    place.says(AFTER)
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen(
            place.coverd.command("run"),
            env=place.coverd.environment() | clock.environment(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=full,
        )
    try:
        end = time.monotonic() + PATIENCE
        while not place.messages():
            need(process.poll() is None, "it ended with", process.returncode)
            need(time.monotonic() < end, "the change was not told")
            time.sleep(0.05)
        process.terminate()
        need(process.wait(PATIENCE) == 0, "told to stop, it ended with", process.returncode)
    finally:
        process.kill()
        process.wait()
    place.ends_well(later=2)


def few_open_files(place):
    """where too many files are open, that is said; with more of them the change is told once"""
    place.operator_may_hear = True  # no connection can be made either
    place.install().begins()
    failed = 0
    for number in range(12, 40):
        place.begins_again()
        place.says(AFTER)
        ran = place.check(before=("prlimit", f"--nofile={number}"))
        if ran.code == 0 and place.messages():
            break
        failed += 1
        if ran.code != 0:
            place.stated(ran, re.compile("too many open files", re.IGNORECASE))
        place.ends_well(later=1, again=False)
    need(failed >= 1 and ran.code == 0, "it failed with", failed, "limits, at last", ran.out, ran.err)
    place.ends_well()


def killed_while_it_runs(place):
    """a service that is killed at 20 moments and started again tells every change, once"""
    place.install(more=EVERY_MINUTE).begins()
    whole = 0.0
    for number, word in enumerate(WORDS[:20]):
        place.says(word)
        clock = MovedClock(place.folder, (number + 1) * HOUR)
        began = time.monotonic()
        with Running(place, clock.environment()) as running:
            if not number:
                running.checked().until(lambda: place.messages(), "the first change was told")
                whole = time.monotonic() - began
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.process.wait(whole * (number + random.random()) / 20)
                need(running.process.poll() is None, "it ended by itself:", running.said())
        if number % 4 == 3:
            place.sound()
        place.check(later=number + 1).want(0)
        place.told_once(number + 1)
    place.sound()


# Clock ----------------------------------------------------------------------------------------------------------------


def healthy(place, clock):
    """As a person would see it with this clock: everything is read, nothing is dead."""
    for words in (("health",), ("status",)):
        ended = by_itself(
            *place.coverd.command(*words), environment=place.coverd.environment() | clock.environment()
        )
        need(ended.returncode == 0, words, "ended with", ended.returncode, ended.stdout, ended.stderr)


def clock_jumps_forward(place):
    """a clock that jumps hours ahead while it runs: the next check is made, a change is told once, all is healthy"""
    place.install(more=EVERY_MINUTE)
    clock = MovedClock(place.folder)
    with Running(place, clock.environment()) as running:
        running.ready().checked()
        place.says(AFTER)
        clock.set(5 * HOUR)
        running.until(lambda: place.messages(), "the change was told")
        healthy(place, clock)
        asked = place.asked
        clock.set(80 * HOUR)
        running.until(lambda: place.asked > asked, "another check was made")
        healthy(place, clock)
        running.stop()
    place.told_once()
    place.ends_well(later=81)


def clock_jumps_back(place):
    """a clock that is set back half a day while it runs: no source stands still for so long, a change is told once"""
    place.install(more=EVERY_MINUTE)
    clock = MovedClock(place.folder, 24 * HOUR)
    with Running(place, clock.environment()) as running:
        running.ready().checked()
        place.says(AFTER)
        clock.set(12 * HOUR)
        while len(re.findall("check ends", running.said())) < 2:
            # The clock goes on, quicker than it would; half an hour before the old time is the last chance.
            need(clock.ahead < 23.5 * HOUR, "no check before the clock showed the old time again:", running.said())
            need(running.process.poll() is None, "it ended:", running.said())
            time.sleep(3)
            clock.set(clock.ahead + 600)
        healthy(place, clock)
        changes = place.coverd.told()
        need(len(changes) == 1, f"the page was read and {len(changes)} changes were found:", running.said())
        running.until(lambda: place.messages(), "the change was told")
        asked = place.asked
        clock.set(30 * HOUR)
        running.until(lambda: place.asked > asked, "a check after the old time")
        healthy(place, clock)
        running.stop()
    place.told_once()
    place.ends_well(later=31)


def set_back_between_checks(place):
    """what is found after the clock was set back, between two checks, is told all the same, once, and as it was"""
    place.install().begins()
    for hours in (2, 30, 24 * 30):
        shutil.rmtree(place.mail, ignore_errors=True)
        shutil.rmtree(place.store)
        for word, later, told in ((0, hours, 0), (1, 0, 1), (2, 0.2, 2), (2, hours, 2), (3, hours + 24, 3)):
            place.says(WORDS[word])
            place.check(later=later).want(0)
            changes = place.coverd.told()
            seen = [(was.split("\n")[-1], now.split("\n")[-1]) for _, _, was, now in changes]
            need(len(changes) == told, f"set back by {hours} hours, told were {seen}, and not {told}: '{WORDS[word]}'")
            right = set(zip(WORDS[:told], WORDS[1 : told + 1]))
            need(set(seen) == right, f"set back by {hours} hours, told otherwise: {seen}")
            need(len(place.messages()) == told, f"{len(place.messages())} messages and not {told}")
        place.sound()


def set_back_while_a_mail_waits(place):
    """a mail that was put off while the clock was a month ahead does not wait for that month when the clock is right"""
    place.mail.mkdir()
    place.install()
    ahead = 24 * 30
    with Tmpfs(place.mail) as disk:
        place.check(later=ahead).want(0)
        (place.mail / "ballast").touch()
        disk.leaves(0)
        place.says(AFTER)
        place.check(later=ahead + 1).want(0)
        need(place.coverd.states(PRACTICE) == {"pending": 1}, place.coverd.list("outbox"))
        disk.heals()
        # The longest pause between two attempts is half a day.
        for later in range(0, 48, 6):
            place.check(later=later).want(0)
        need(place.messages(), "two days after the clock was set right it still waits:", place.coverd.list("outbox"))
        place.told_once()


def set_back_while_a_digest_waits(place):
    """news for the digest of a day that the clock showed too early comes with the next digest of the right day"""
    place.install(practice='digest_for = { payment = "daily" }')
    late = []
    for days in (30, 5):
        shutil.rmtree(place.store, ignore_errors=True)
        shutil.rmtree(place.mail, ignore_errors=True)
        place.says(BEFORE)
        place.check(later=24 * days).want(0)
        place.says(AFTER)
        place.check(later=24 * days + 1).want(0)
        need(place.messages() == [], "a digest that did not wait")
        for later in range(0, 54, 6):
            place.check(later=later).want(0)
        if not place.messages():
            late.append(f"set back by {days} days, two days later: {place.coverd.list('outbox')}")
            place.check(later=24 * days + 30).want(0)
        place.told_once()
        place.sound()
    need(not late, "; ".join(late))


def later_than_now(year, month, day, hour, minute=0):
    """How many hours after now it is then, in UTC."""
    then = datetime.datetime(year, month, day, hour, minute, tzinfo=datetime.UTC)
    return (then - datetime.datetime.now(datetime.UTC)).total_seconds() / HOUR


def summer_time(kind, digest_at, day, digests):
    """Through a night in which the practice's clock skips or repeats an hour, with checks each quarter of an hour.

    `digests` are the hours of that night in UTC at the first and last of which the digest may come."""
    year = datetime.datetime.now().year + 1

    def night(place):
        month, sunday = day(year)
        practice = f'digest_for = {{ payment = "daily" }}\ndigest_at = "{digest_at}"'
        place.install(practice=practice)
        base = later_than_now(year, month, sunday, 0)
        place.check(base - 18).want(0)
        place.says(WORDS[0])
        place.check(base - 12).want(0)
        need(place.messages() == [], "a digest that did not wait")
        came = []
        for quarter in range(4 * 4, 4 * 10 + 1):
            if quarter == 23:  # 05:45 UTC, before, in or after the hour itself
                place.says(WORDS[1])
            place.check(base + quarter / 4 + 0.01).want(0)
            while len(came) < len(place.messages()):
                came.append(quarter / 4)
        need(came and digests[0] <= came[0] <= digests[1], f"came at {came} UTC, due from {digests[0]} to {digests[1]}")
        need(len(came) <= 2 and len(set(came)) == len(came), f"came at {came} UTC")
        place.check(base + 36).want(0)
        messages = b"".join(place.messages()).replace(b"=\r\n", b"")
        need(len(place.messages()) <= 2, "more digests than nights")
        for word in WORDS[:2]:
            need(word.encode() in messages, f"'{word}' was not told")
        told = len(place.messages())
        place.check(base + 60).want(0)
        need(len(place.messages()) == told and len(place.coverd.told()) == 2, "something was told again")
        place.sound()

    night.__doc__ = f"a digest at {digest_at} comes once in the night in which the clock {kind}, and nothing is lost"
    return night


def sunday(month, number):
    """The day on which the clock changes: that Sunday of a month."""

    def day(year):
        first = datetime.date(year, month, 1)
        return month, 1 + (6 - first.weekday()) % 7 + 7 * (number - 1)

    return day


def night_of_summer_time_while_it_runs(place):
    """a service through the night that has no 02:30, with a digest for that time: it comes once, and checks go on"""
    year = datetime.datetime.now().year + 1
    month, day = sunday(3, 2)(year)
    place.install(practice='digest_for = { payment = "daily" }\ndigest_at = "02:30"', more=EVERY_MINUTE)
    base = later_than_now(year, month, day, 0)
    place.check(base - 18).want(0)
    place.says(AFTER)
    place.check(base - 12).want(0)
    clock = MovedClock(place.folder, int((base + 6.8) * HOUR))  # 01:48, standard time
    with Running(place, clock.environment()) as running:
        running.ready().checked()
        need(place.messages() == [], "before its time")
        asked = place.asked
        clock.set(int((base + 7.6) * HOUR))  # 03:36, summer time
        running.until(lambda: place.messages() and place.asked > asked, "the digest came, and another check")
        healthy(place, clock)
        clock.set(int((base + 6.8) * HOUR))  # somebody sets it back by an hour, as people do
        time.sleep(1)
        clock.set(int((base + 8) * HOUR))
        asked = place.asked
        running.until(lambda: place.asked > asked, "another check")
        running.stop()
    place.check(base + 36).want(0)
    need(len(place.messages()) == 1 and AFTER.encode() in place.messages()[0].replace(b"=\r\n", b""), place.messages())
    need(len(place.coverd.told()) == 1, place.coverd.told())
    place.sound()


# Memory ---------------------------------------------------------------------------------------------------------------


MEGABYTE = 1 << 20
LITTLE = 256 * MEGABYTE
UNIT = 1024 * MEGABYTE  # MemoryMax= of the unit
GROUPS = pathlib.Path("/sys/fs/cgroup/memory")


class LittleMemory:
    """Programs that may take so much memory together, by a group of the kernel; else by a limit of each one's data."""

    def __init__(self, place, most=LITTLE):
        self.group = GROUPS / f"{place.folder.parent.name}-{place.folder.name}"
        try:
            self.group.mkdir()
            (self.group / "memory.limit_in_bytes").write_text(str(most))
            self.before = ("sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(self.group))
        except OSError:
            with contextlib.suppress(OSError):
                self.group.rmdir()
            self.group, self.before = None, ("prlimit", f"--data={most}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # The kernel takes a moment to see that the group is empty.
        end = time.monotonic() + PATIENCE
        while self.group and self.group.exists() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                self.group.rmdir()
                return
            time.sleep(0.05)


def long_page(kind, size):
    """A page of about `size` bytes, of many parts that are all different."""
    count = range(size // {"html": 60, "json": 38, "csv": 26}[kind])
    if kind == "html":
        rows = (f"<p>Rule {number}: at most {number % 97} visits for code {number % 9999:05}.</p>" for number in count)
        return document("").replace(b"<p></p>", "".join(rows).encode())
    if kind == "json":
        rows = ",".join(f'{{"code": "{number % 99999:05}", "rate": {number}.25}}' for number in count)
        return f'{{"rows": [{rows}]}}'.encode()
    rows = (f"{number:05},{number % 977}.25,visits {number}\n" for number in count)
    return ("code,rate,note\n" + "".join(rows)).encode()


def many(part, between, megabytes):
    """The same small part again and again, which takes most memory for its length."""
    text = between.join([part] * (megabytes * MEGABYTE // len(part + between)))
    return b"[" + text + b"]" if part.startswith(b"{") else text


TYPES = {"html": "text/html; charset=utf-8", "csv": "text/csv", "json": "application/json", "text": "text/plain"}


def much_to_read(kind, make, most=LITTLE):
    """A page about as long as coverd accepts, beside the one that changes."""

    def reads(place):
        body = make()

        def answer(handler):
            handler.send_response(200)
            handler.send_header("Content-Type", TYPES[kind])
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        place.pages.answers["/long"] = answer
        place.operator_may_hear = True
        place.install(
            more=f'[[page]]\nname = "long"\nurl = "http://{place.pages.origin}/long"\nkind = "{kind}"\n'
            'severity = "administrative"'
        )
        with LittleMemory(place, most) as memory:
            ran = place.check(before=memory.before)
            if ran.code in (0, 4):
                place.says(AFTER)
                ran = place.check(before=memory.before)
        # Whatever came of it, nothing wrong is stored; without the long page all goes on.
        place.says(AFTER if ran.code in (0, 4) else BEFORE)
        place.pages.answers["/long"] = document("A short page.") if kind == "html" else b"a,b\n1,2\n"
        place.check().want(0, 4)
        place.says(AFTER)
        place.check().want(0, 4)
        place.told_once()
        place.sound()
        # 4: it says that it could not read the long page.
        why = "killed, since it takes more memory" if ran.code == -signal.SIGKILL else f"ended with {ran.code}"
        need(ran.code in (0, 4), f"{len(body) // MEGABYTE} MB of {kind}: {why}", ran.out, ran.err)
        need(ran.code == 0 or "shape: long" in ran.out, "it was not read at all:", ran.out)

    within = f"is read within {most // MEGABYTE} MB, or said not to be"
    reads.__doc__ = f"a long page ({kind}) {within}; the other page is told of, nothing wrong is stored"
    return reads


def demonstration_in_little_memory(place):
    """`coverd demo` runs within 256 MB, and what it leaves is sound"""
    demo = place.folder / "demo"
    with LittleMemory(place) as memory:
        ended = by_itself(*memory.before, place.program, "demo", "--dir", demo)
        need(ended.returncode == 0, "ended with", ended.returncode, ended.stdout[-500:], ended.stderr[-1000:])
    checked = by_itself(place.program, "--config", demo / "coverd.toml", "db", "check")
    need(checked.returncode == 0, checked)
    need(list((demo / "mail").glob("*.eml")), "it told nothing")


# Secrets --------------------------------------------------------------------------------------------------------------


PAGE_PASSWORD = "four words of the page"
HOOK_KEY = base64.b64encode(b"a key of the hook, 32 bytes long").decode()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Secretive(Place):
    """With a mail password, a hook with its secret, and a page with a password."""

    def prepare(self):
        authority = certificates(self.folder / "certificates")
        self.server = Smtpd(authority)
        for name, text in (("password", PASSWORD), ("hook", f"whsec_{HOOK_KEY}")):
            file = self.folder / name
            file.write_text(text + "\n")
            file.chmod(0o600)
        made = by_itself(self.program, "web", "password", said=PAGE_PASSWORD + "\n")
        self.hash = re.search('"(.*)"', made.stdout)[1]
        self.port = free_port()

        def refused(handler):
            handler.rfile.read(int(handler.headers["Content-Length"]))
            handler.send_error(503, "later")

        self.pages.server.RequestHandlerClass.do_POST = refused
        hook = f'url = "http://{self.pages.origin}/hook"\nsecret_file = "{self.folder}/hook"\n'
        self.install(
            mail=f'channel = "smtp"\nfrom = "coverd@practice.example"\nhost = "localhost"\nport = {self.server.port}\n'
            f'user = "{USER}"\npassword_file = "{self.folder}/password"\nca_file = "{authority}/authority.pem"\n'
            "timeout_seconds = 5",
            more=f'[web]\nlisten = "127.0.0.1:{self.port}"\npassword_hash = "{self.hash}"\n'
            f'[[hook]]\nname = "tickets"\n{hook}[[hook]]\nname = "watch"\nrole = "operator"\n{hook}',
        )
        # So that the operator's address is nowhere but with the recipients.
        config = self.folder / "coverd.toml"
        contact = 'contact = "https://practice.example/contact"'
        config.write_text(config.read_text().replace(f'contact = "{OPERATOR}"', contact))
        return self

    def asks(self, path, headers=None, form=None):
        """Asks the page as a browser does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        origin = {"Origin": f"http://127.0.0.1:{self.port}"}
        if form is None:
            connection.request("GET", path, headers=headers or {})
        else:
            body = urllib.parse.urlencode(form)
            connection.request("POST", path, body, origin | {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer, text


def secrets_stay_secret(place):
    """passwords, keys, hash and token are in no log (at trace), output, message, error, command line, environment"""
    place.__class__ = Secretive
    place.prepare()
    said = {}
    with Running(place, options=("--log", "trace")) as running:
        running.ready().checked()
        refused, _ = place.asks("/login", form={"password": "another password", "next": "/"})
        need(refused.status == 403, refused.status)
        answer, _ = place.asks("/login", form={"password": PAGE_PASSWORD, "next": "/"})
        need(answer.status in (302, 303), "the login was answered by", answer.status)
        session = answer.getheader("Set-Cookie").split(";")[0]
        _, programs = place.asks("/programs", {"Cookie": session})
        token = re.search('class="token">([^<]+)<', programs)[1]
        by_token, _ = place.asks("/api/v1/changes", {"Authorization": f"Bearer {token}"})
        need(by_token.status == 200, by_token.status)
        # First the login is refused, then it is accepted.
        place.server.fails("auth", "535 5.7.8 no")
        place.says(AFTER)
        said["check, asking the service"] = str(place.coverd.run("--log", "trace", "check"))
        running.until(lambda: "535" in running.said(), "the login was refused")
        process = pathlib.Path("/proc", str(running.process.pid))
        said["command line"] = (process / "cmdline").read_text()
        said["environment"] = (process / "environ").read_text()
        running.stop()
        said["log of the service"] = running.said()
    place.server.heals()
    said["check"] = str(place.coverd.run("--log", "trace", "check", later=2))
    need(place.server.logins and place.server.taken, "no mail was sent with the password")
    said["mail-test"] = str(place.coverd.run("--log", "trace", "mail-test"))
    for words in ("config show", "config check", "audit", "outbox", "status", "health", "changes", "sources", "report"):
        for form in ("text", "json"):
            ran = place.coverd.run("--log", "trace", *words.split(), *(("--format", form) if form == "json" else ()))
            said[f"{words}, {form}"] = ran.out + ran.err
    said["messages"] = "".join(text.decode() for _, _, text, _ in place.server.taken)
    place.coverd.run("db", "backup", str(place.folder / "backup")).want(0)
    for file in (place.folder / "backup", place.store / "coverd.db"):
        said[file.name] = file.read_bytes().decode("latin-1")
    config = place.folder / "coverd.toml"
    whole = config.read_text()
    for name, replaced, by in (
        ("wrong server", 'host = "localhost"', 'host = "local host"'),
        ("wrong type", f'user = "{USER}"', "user = 7"),
    ):
        config.write_text(whole.replace(replaced, by))
        said[f"mistake: {name}"] = str(place.coverd.run("config", "check"))
    config.write_text(whole)
    for name in ("password", "hook"):
        (place.folder / name).write_bytes(b"\xff\xfe" + (PASSWORD if name == "password" else HOOK_KEY).encode())
    said["unreadable secrets, check"] = str(place.coverd.run("--log", "trace", "check", later=4))
    said["unreadable secrets, mail-test"] = str(place.coverd.run("mail-test"))

    login = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    secrets = {
        "mail password": PASSWORD,
        "login of the mail account": login,
        "key of the hook": HOOK_KEY,
        "its bytes": base64.b64decode(HOOK_KEY).decode(),
        "password of the page": PAGE_PASSWORD,
        "the same in a form": urllib.parse.quote_plus(PAGE_PASSWORD),
        "hash of it": place.hash.rsplit("$", 1)[1],
        "token for programs": token,
        "session": session.split("=", 1)[1],
    }
    seen = [f"{what} in: {where}" for what, secret in secrets.items() for where, text in said.items() if secret in text]
    need(not seen, "; ".join(seen))


def misplaced_secrets(place):
    """a password that somebody wrote into the configuration is not repeated by the complaint about it (in a journal)"""
    place.__class__ = Secretive
    place.prepare()
    config = place.folder / "coverd.toml"
    whole = config.read_text()
    mistakes = (
        ("timeout_seconds = 5", f'password = "{PASSWORD}"'),
        (f'password_hash = "{place.hash}"', f'password_hash = "{PAGE_PASSWORD}"'),
        (f'password_hash = "{place.hash}"', f'password = "{PAGE_PASSWORD}"'),
        ('name = "tickets"', f'name = "tickets"\nsecret = "whsec_{HOOK_KEY}"'),
    )
    repeated = []
    for right, wrong in mistakes:
        need(whole.count(right) == 1, "not in the configuration once:", right)
        config.write_text(whole.replace(right, wrong))
        for words in (("run",), ("config", "check")):
            ran = place.coverd.run(*words)
            need(ran.code == 3, wrong, "was accepted:", ran)
            if any(secret in ran.out + ran.err for secret in (PASSWORD, PAGE_PASSWORD, HOOK_KEY)):
                repeated.append(f"{' '.join(words)}: {ran.err.strip()}")
    need(not repeated, f"{len(repeated)} of {2 * len(mistakes)} times it is repeated:", repeated[0] if repeated else "")


def addresses_are_masked(place):
    """the log of the service names recipients so that they can be told apart and not written to"""
    place.__class__ = Secretive
    place.prepare()
    with Running(place, options=("--log", "trace")) as running:
        running.ready().checked()
        place.says(AFTER)
        place.server.fails("rcpt", "550 5.1.1 no such user", only=PRACTICE)
        place.check()
        running.until(lambda: re.search("given up", running.said()), "the message was given up")
        running.stop()
        lines = [line for line in running.said().splitlines() if PRACTICE in line or OPERATOR in line]
        need(not lines, f"{len(lines)} lines, the first:", lines[:1])
        need("b***@p***.example" in running.said(), "no masked address is in the log")


def no_core_dumps(place):
    """the memory of the service, which holds passwords, is not written to disk when it dies: the unit's LimitCORE=0"""
    unit = (MIGRATIONS.parent / "deploy" / "coverd.service").read_text()
    need(re.search(r"^LimitCORE=0$", unit, re.MULTILINE), "the unit does not say LimitCORE=0")
    place.install()
    with Running(place, before=("prlimit", "--core=0")) as running:
        running.ready()
        limits = pathlib.Path("/proc", str(running.process.pid), "limits").read_text()
        need(re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), "it raised its own limit:", limits)
        running.stop()


def trials():
    """Every trial: its name, and what plays it. What takes longest begins first."""
    return [
        ("clock jumps back", clock_jumps_back),
        ("clock jumps forward", clock_jumps_forward),
        ("night of summer time while it runs", night_of_summer_time_while_it_runs),
        ("read-only while it runs", read_only_while_it_runs),
        ("short lines in the unit's memory", much_to_read("text", lambda: many(b"a", b"\n\n", 60), UNIT)),
        ("small objects in the unit's memory", much_to_read("json", lambda: many(b'{"a":1}', b",", 31), UNIT)),
        ("disk full at a change", disk_full_at_a_change),
        ("disk full at the first start", disk_full_at_the_first_start),
        ("disk full in a backup", disk_full_in_a_backup),
        ("disk full in a restore", disk_full_in_a_restore),
        ("disk full for the mails", disk_full_for_the_mails),
        ("disk full while it runs", disk_full_while_it_runs),
        ("disk full while migrating", disk_full_while_migrating),
        ("disk full while migrating from the first", disk_full_while_migrating_from_the_first),
        ("no inodes", no_inodes),
        ("no inodes at the first start", no_inodes_at_the_first_start),
        ("read-only before it starts", read_only_before_it_starts),
        ("limit of file size", limit_of_file_size),
        ("mapped memory fails", mapped_memory_fails),
        ("syncs fail", syncs_fail),
        ("writes fail", writes_fail),
        ("reads fail", reads_fail),
        ("files fail", files_fail),
        ("killed in a check", killed_in_a_check),
        ("killed while it runs", killed_while_it_runs),
        ("killed in a backup", killed_in_a_backup),
        ("killed in a restore", killed_in_a_restore),
        ("killed while migrating", killed_while_migrating),
        ("nobody reads what it prints", nobody_reads_what_it_prints),
        ("log cannot be written", log_cannot_be_written),
        ("few open files", few_open_files),
        ("set back between checks", set_back_between_checks),
        ("set back while a mail waits", set_back_while_a_mail_waits),
        ("set back while a digest waits", set_back_while_a_digest_waits),
        ("summer time begins", summer_time("skips 02:30", "02:30", sunday(3, 2), (6.5, 7.75))),
        ("summer time ends", summer_time("repeats 01:30", "01:30", sunday(11, 1), (5.5, 6.75))),
        ("summer time ends, 02:30", summer_time("goes back before it", "02:30", sunday(11, 1), (7.5, 7.75))),
        ("a long page in little memory", much_to_read("html", lambda: long_page("html", 9_400_000))),
        ("a long table in little memory", much_to_read("csv", lambda: long_page("csv", 60_000_000))),
        ("a long list in little memory", much_to_read("json", lambda: long_page("json", 33_000_000))),
        ("the demonstration in little memory", demonstration_in_little_memory),
        ("secrets stay secret", secrets_stay_secret),
        ("misplaced secrets", misplaced_secrets),
        ("addresses are masked", addresses_are_masked),
        ("no core dumps", no_core_dumps),
    ]


def play(name, trial, program, folder):
    """Plays one trial; what was seen where the promise did not hold."""
    place = None
    try:
        place = Place(program, folder / re.sub("[^a-z0-9]+", "-", name.lower()))
        trial(place)
    except Exception as error:  # whatever it is, the promise was not seen to hold
        return str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
    if place.unclear:
        each = sorted(set(place.unclear), key=place.unclear.count)
        return f"nothing was lost, but {len(place.unclear)} times the message does not say why, as in: {each[-1]}"
    return None


def play_all(program, chosen, folder):
    """Plays what is chosen; 0 where everything was as promised."""
    began = time.monotonic()
    played = failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = {
            pool.submit(play, name, trial, program, folder): (name, trial) for name, trial in trials() if chosen in name
        }
        for done in concurrent.futures.as_completed(running):
            name, trial = running[done]
            played += 1
            if seen := done.result():
                failed += 1
                # In one line; the end of what a program said is what counts.
                line = " ".join(seen.split())
                print(f"NOT {name}: {line if len(line) < 900 else line[:400] + ' ... ' + line[-480:]}", flush=True)
            else:
                print(f"ok  {name}: {trial.__doc__}", flush=True)
    print(f"{played - failed} of {played} as promised in {time.monotonic() - began:.0f} s")
    return 1 if failed or not played else 0


def main():
    if os.geteuid() != 0:
        raise SystemExit("it mounts file systems: run it as root")
    program = os.path.abspath(sys.argv[1])
    chosen = sys.argv[2] if len(sys.argv) > 2 else ""
    if PRIVATE in os.environ:
        return play_all(program, chosen, pathlib.Path(os.environ.pop(PRIVATE)))
    # In name spaces of its own: with its first process everything ends, programs and mounts.
    spaces = ("--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="coverd-machine-")
    itself = [sys.executable, __file__, program, chosen]
    try:
        return subprocess.run(["unshare", *spaces, *itself], env=os.environ | {PRIVATE: folder}, check=False).returncode
    finally:
        # Where it was told to stop, the last programs in there take a moment to end.
        for _ in range(100):
            shutil.rmtree(folder, ignore_errors=True)
            groups = list(GROUPS.glob(f"{pathlib.Path(folder).name}-*"))
            for group in groups:
                with contextlib.suppress(OSError):
                    group.rmdir()
            if not groups and not os.path.exists(folder):
                break
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
