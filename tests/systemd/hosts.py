#!/usr/bin/env python3
"""CMS under its real names, with TLS, and the name server that leads there, inside the network namespace it runs in.

usage: tests/systemd/hosts.py FOLDER      FOLDER has host.pem and host.key; it gets `ready`, and `requests` as it grows

At each SIGUSR1 another release of the fee schedule is published, in which the work value of 20560 is another one.
"""

import datetime
import http.server
import pathlib
import random
import signal
import ssl
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "longrun"), str(HERE.parent / "faults")]

import cms  # noqa: E402
import network  # noqa: E402

ADDRESS = network.ADDRESS
NAMES = ("www.cms.gov", "downloads.cms.gov", "api.coverage.cms.gov", "www.federalregister.gov", "www.ecfr.gov")
MAIL = "mail.practice.example"
ZIP_CODES = "/files/zip/zip-code-carrier-locality-file-revised-08/14/2026.zip"
DETERMINATIONS = {373: "30.3.3", 11: "30.3", 283: "30.3.1", 284: "30.3.2"}


class Here:
    """The namespace in which this runs already."""

    @staticmethod
    def make(function):
        return function()


class Published:
    """What CMS has published: the releases of this year, and one more at each change."""

    def __init__(self):
        self.world = cms.World(1)
        self.world.today = datetime.date.today()
        self.codes = cms.WATCHED + cms.LOOK_ALIKES
        self.work = 32
        for key, section in DETERMINATIONS.items():
            words = ["Effective for services on or after January 21, 2020, it is covered."]
            self.world.determinations[key] = cms.Determination(key, section, f"Determination {section}", words)
        today = self.world.today
        self.names = []
        for year in (today.year - 1, today.year):
            for number, letter in enumerate("ABCD"):
                begins = datetime.date(year, 1 + 3 * number, 1)
                self.names.append((f"RVU{year % 100}{letter}", begins - datetime.timedelta(days=12)))
        self.coming = [one for one in self.names if one[1] > today]
        for name, posted in self.names:
            if posted <= today:
                self.post(name, posted)
        year = today.year + 1
        self.coming += [(f"RVU{year % 100}{letter}", today) for letter in "ABCD"]

    def post(self, name, posted):
        values = {code: cms.plain(work=self.work) for code in self.codes}
        order = cms.ORDER
        self.world.post(cms.Release(name, posted, "33.2872", values, order))

    def answer(self, host, path):
        """What the long run's world has not: the file of ZIP codes, and the page that links it."""
        if host == "www.cms.gov" and path == "/medicare/payment/fee-schedules":
            link = f'<p><a href="{ZIP_CODES}">Zip Code to Carrier Locality File (ZIP)</a></p>'
            return "text/html; charset=utf-8", cms.page("Fee Schedules", link).encode(), None
        if host == "www.cms.gov" and path == ZIP_CODES:
            rows = (("94110", "05", "0"), ("94501", "05", "1"))
            lines = "".join(f"CA{code}01112{place}   B  {flag} A{'':52}20264\r\n" for code, place, flag in rows)
            members = [("ZIP5lyout.txt", b"Zip5 Record Layout\r\n"), ("ZIP5_OCT2026.txt", lines.encode())]
            return "application/zip", cms.archive(members, self.world.today), None
        return self.world.answer(host, path)

    def publish(self, *_):
        name, _ = self.coming.pop(0)
        self.work += 7
        self.post(name, self.world.today)


def main():
    folder = pathlib.Path(sys.argv[1])
    published = Published()
    lock = threading.Lock()
    requests = (folder / "requests").open("a", buffering=1)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            with lock:
                requests.write(f"{self.headers['Host']} {self.path}\n")
                answer = published.answer(self.headers["Host"], self.path)
            if answer is None:
                self.send_error(404)
                return
            kind, body, validator = answer
            fresh = not validator or self.headers.get("If-None-Match") != validator
            self.send_response(200 if fresh else 304)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) if fresh else 0))
            if validator:
                self.send_header("ETag", validator)
            self.end_headers()
            if fresh:
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "host.pem", folder / "host.key")
    server = http.server.ThreadingHTTPServer((ADDRESS, 443), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    # Each conversation makes its handshake in its own thread.
    plain = server.finish_request

    def finish_request(request, client):
        request.settimeout(60)
        try:
            with context.wrap_socket(request, server_side=True) as wrapped:
                plain(wrapped, client)
        except OSError:
            pass  # a client that went away

    server.finish_request = finish_request
    names = network.Names(Here)
    names.where = {name: [ADDRESS] for name in (*NAMES, MAIL)}

    def publish(*_):
        published.publish()
        (folder / "published").write_text(f"{len(published.coming)}\n")

    signal.signal(signal.SIGUSR1, publish)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (folder / "ready").write_text("")
    while True:
        signal.pause()


main()
