"""A coverd of its own for a fault to happen to: a page that it watches, and its configuration, store and clock.

The page is served on loopback. The clock is moved for the program alone, by libfaketime, so that days pass in no time.
"""

import dataclasses
import http.server
import json
import os
import pathlib
import subprocess
import threading

FAKETIME = "/usr/lib/{}/faketime/libfaketimeMT.so.1"
SOURCES = "pfs ncd federal_register pfs_rules therapy transmittals opps ncci nca local_coverage".split()
PRACTICE = "billing@practice.example"
OPERATOR = "it@practice.example"


def faketime():
    """The library that moves the clock, as LD_PRELOAD wants it."""
    machine = os.uname().machine
    path = FAKETIME.format(f"{machine}-linux-gnu")
    if not os.path.exists(path):
        raise SystemExit(f"{path} is missing: apt-get install faketime")
    return path


def document(body):
    """A page that says `body`, with enough around it to be one."""
    menu = "<li><a href='/m'>An entry of the menu</a></li>" * 40
    return (
        "<!DOCTYPE html><html><head><title>Policy</title></head><body><nav><ul>" + menu + "</ul></nav>"
        "<main><h1>Policy on needling</h1><p>" + body + "</p></main></body></html>"
    ).encode()


def begin_page(handler, page):
    """The head of the answer whose body is `page`."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.send_header("Content-Length", str(len(page)))
    handler.end_headers()


class Pages:
    """A web server on loopback. `answers` maps a path to the bytes of a page, or to a function that gets the handler."""

    def __init__(self, address="127.0.0.1"):
        answers = self.answers = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answer = answers.get(self.path)
                try:
                    if callable(answer):
                        answer(self)
                    elif answer is None:
                        self.send_error(404)
                    else:
                        begin_page(self, answer)
                        self.wfile.write(answer)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client had enough, which is its right

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"{address}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def says(self, path, body):
        """Lets the page at `path` say `body`."""
        self.answers[path] = document(body)


@dataclasses.dataclass
class Ran:
    """How the program ended: its code (negative: the signal that killed it) and what it wrote."""

    code: int
    out: str
    err: str

    def want(self, *codes):
        """Itself, when it ended with one of these codes."""
        assert self.code in codes, f"ended with {self.code}, not {codes}:\n{self.out}\n{self.err}"
        return self


def ended(command, environment, timeout):
    """How a command ended that has nobody at its terminal."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class Installation:
    """coverd in `folder`, watching `paths` of `pages`. `mail` is the body of its [mail] section."""

    def __init__(self, program, folder, pages, paths, mail='channel = "file"', practice="", more="", fetch=""):
        self.program, self.folder = program, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        off = "".join(f"[sources.{name}]\nenabled = false\n" for name in SOURCES)
        watched = "".join(
            f'[[page]]\nname = "page {path}"\nurl = "http://{pages.origin}{path}"\nseverity = "payment"\n' for path in paths
        )
        (self.folder / "coverd.toml").write_text(
            f'[practice]\nname = "Elm Street"\ntime_zone = "America/New_York"\n[store]\ndir = "store"\n{off}'
            f'[fetch]\ncontact = "{OPERATOR}"\nmin_interval_seconds = 0\nallow_http_loopback = ["{pages.origin}"]\n{fetch}\n'
            f"[mail]\n{mail}\n{more}\n{watched}"
            f'[[recipient]]\naddress = "{PRACTICE}"\nstill_watching = false\n{practice}\n'
            f'[[recipient]]\naddress = "{OPERATOR}"\nrole = "operator"\nstill_watching = false\n'
        )

    def command(self, *arguments):
        """The command line of the program with its configuration."""
        return [self.program, "--config", str(self.folder / "coverd.toml"), *arguments]

    def environment(self, later=0):
        """The environment in which the program's clock is `later` hours ahead."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SSL_CERT_FILE") if name in os.environ}
        if later:
            environment |= {
                "LD_PRELOAD": faketime(),
                "FAKETIME": f"+{int(later * 3600)}s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        return environment

    def run(self, *arguments, later=0, before=(), timeout=120):
        """Runs the program to its end; `before` goes in front of its command line."""
        return ended([*before, *self.command(*arguments)], self.environment(later), timeout)

    def list(self, *arguments):
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "--format", "json").want(0).out or "[]")

    def states(self, recipient=None):
        """How many messages, to one recipient or all, are in each state."""
        states = {}
        for row in self.list("outbox"):
            if recipient in (None, row["recipient"]):
                states[row["state"]] = states.get(row["state"], 0) + 1
        return states

    def told(self):
        """What was found to have changed, without times and numbers of this run."""
        keys = ("subject", "attribute", "was", "now")
        return sorted(tuple(str(change.get(key)) for key in keys) for change in self.list("changes"))

    def mails(self):
        """The messages that were written into files, oldest first."""
        return [path.read_bytes() for path in sorted((self.folder / "store" / "mail").glob("*.eml"))]

    def sound(self):
        """The store has nothing wrong in it."""
        self.run("db", "check").want(0)
