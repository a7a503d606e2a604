#!/usr/bin/env python3
"""Faults of the network, and hostile answers of a watched page: nothing is missed, and nothing is told that is not so.

usage: tests/faults/network.py PROGRAM [PART OF A NAME]
needs root, iproute2, nftables, openssl and libfaketime (apt: iproute2 nftables openssl faketime)

The network is two namespaces with a cable between them: in one a name server and a web server with TLS, in the other
coverd with a resolv.conf and an authority of its own. Nothing outside of them is asked, or changed. For each fault a
page changes behind it; then the fault is over.

| fault | promise |
| --- | --- |
| no name server, or one that is silent, refuses, errs | no change; the trouble names the name; later told once |
| link down, black hole, SYNs that vanish, refusals | the same; the trouble names the connection, or the name |
| 30 % of packets lost | told once, at once or later |
| 32 kbit/s | a page is read all the same; one that takes too long is trouble |
| connection cut, reset or dead in mid-body | half a page is no change |
| certificate of another name, expired, not yet valid, of a stranger | nothing asked of it; the trouble names it |
| a server that speaks no TLS, or old or broken TLS | the same; the trouble names the connection |
| sent away: to plain http, to a portal, to another port | not followed; the trouble names where to |
| a name that leads to a private or loopback address | never connected to; the trouble names the address |
| one of two hosts gone | the other one's change is told at once |
| a fault under `coverd run` | told when it is over, by the same process, though the host has moved |
| bodies without end, bombs, masses, depths, loops | the check ends, in less than 400 MB; no change; trouble |
| damage, refusals, pages of others with status 200 | no change; trouble; later told once |
| redirects to itself, inwards, to files | never followed; trouble |
| a server that confirms for ever what it has changed | told within eight days |
"""

import concurrent.futures
import contextlib
import ctypes
import dataclasses
import gzip
import http.server
import itertools
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

from installation import OPERATOR, PRACTICE, Installation, Pages, Ran, begin_page, document

ADDRESS, CLIENT, ELSEWHERE = "192.0.2.1", "192.0.2.2", "192.0.2.3"  # set aside for examples (RFC 5737): nobody's
PAYER, AGENCY = "www.payer.example", "www.agency.example"
BEFORE, AFTER = "Twelve visits a year.", "Six visits a year."


class Broken(Exception):
    """A promise was not kept."""


def expect(kept, *seen):
    """A promise: where it is not kept, this is what was seen."""
    if not kept:
        raise Broken(" ".join(str(part) for part in seen))


def certificates(folder):
    """An authority, and certificates for both hosts: good, and everything that a certificate can have wrong."""
    folder.mkdir(parents=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, cwd=folder, capture_output=True)

    def own(name, *extensions):
        more = [word for extension in extensions for word in ("-addext", extension)]
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        openssl("req", "-x509", *key, *files, "-days", 900, "-subj", f"/CN={name}", *more)

    def signed(name, hosts, by, start="20200101000000Z", end="20991231235959Z"):
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        names = ",".join(f"DNS:{host}" for host in hosts)
        extensions = f"subjectAltName={names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
        (folder / "extensions").write_text(extensions)
        (folder / "ca.conf").write_text(
            "[ca]\ndefault_ca=it\n[it]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n"
            "unique_subject=no\n[any]\ncommonName=supplied\n"
        )
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={hosts[0]}")
        openssl(
            *("ca", "-batch", "-config", "ca.conf", "-cert", f"{by}.pem", "-keyfile", f"{by}.key"),
            *("-in", f"{name}.csr", "-out", f"{name}.pem", "-startdate", start, "-enddate", end),
            *("-extfile", "extensions", "-notext"),
        )

    for authority in ("authority", "stranger"):
        own(authority, "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
    hosts = [PAYER, AGENCY]
    signed("good", hosts, "authority")
    signed("wrong-name", ["other.example"], "authority")
    signed("expired", hosts, "authority", end="20200201000000Z")
    signed("not-yet-valid", hosts, "authority", start="20980101000000Z")
    signed("unknown-authority", hosts, "stranger")
    own("self-signed", f"subjectAltName=DNS:{PAYER},DNS:{AGENCY}")
    return folder


class Namespace:
    """A network and mounts of its own, which end with this process: a child holds them that waits for our end."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", "echo ready; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self.holder.stdout.readline() != "ready\n":
            raise SystemExit("no network namespace can be made here: this needs root and unshare")
        self.enter = ["nsenter", "--target", str(self.holder.pid), "--net", "--mount"]
        self.run("ip", "link", "set", "dev", "lo", "up")

    def run(self, *command, check=True, text=None):
        """Runs a command inside, and returns what it says."""
        ran = subprocess.run([*self.enter, *command], check=check, capture_output=True, input=text, text=True)
        return ran.stdout

    def make(self, makes):
        """What `makes` returns, run in a thread that is inside: a socket stays in the network where it was made."""
        made = []

        def inside():
            try:
                descriptor = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(descriptor, 0x40000000) != 0:  # CLONE_NEWNET
                    raise OSError(ctypes.get_errno(), "setns")
                os.close(descriptor)
                made.append(makes())
            except OSError as error:
                made.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(30)
        self.holder.stdout.close()


class Names:
    """A name server. `mode`: "good", or how it fails; `where` has the addresses of a name."""

    CODES = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
    MODES = ["silent", "garbage", "truncated", "no address", *CODES]

    def __init__(self, namespace):
        self.namespace, self.mode, self.socket = namespace, "good", None
        self.where = {PAYER: [ADDRESS], AGENCY: [ADDRESS]}
        self.open()

    def open(self):
        def bound():
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((ADDRESS, 53))
            return made

        self.socket = self.namespace.make(bound)
        threading.Thread(target=self._serve, args=(self.socket,), daemon=True).start()

    def close(self):
        """No name server any more: who asks hears that nobody listens."""
        if self.socket:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a question
            self.socket.close()
            self.socket = None

    def _serve(self, listening):
        while True:
            try:
                question, asker = listening.recvfrom(4096)
                if not asker or len(question) < 17:
                    return
                if self.mode != "silent":
                    listening.sendto(self._answer(question), asker)
            except OSError:
                return

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        kind = struct.unpack(">H", question[at + 1 : at + 3])[0]
        asked = question[12 : at + 5]
        addresses = self.where.get(".".join(labels).lower())
        if self.mode == "garbage":
            return question[:2] + os.urandom(60)
        if self.mode in ("truncated", "no address"):
            # The first says that there is more to be had by TCP, where nobody listens.
            flags = 0x8780 if self.mode == "truncated" else 0x8580
            return question[:2] + struct.pack(">HHHHH", flags, 1, 0, 0, 0) + asked
        code = self.CODES.get(self.mode, 0 if addresses else 3)
        family, size = (socket.AF_INET6, 16) if kind == 28 else (socket.AF_INET, 4)
        fits = [one for one in addresses or () if code == 0 and kind in (1, 28) and (":" in one) == (kind == 28)]
        # Nothing may be remembered: each record holds for no time.
        head = struct.pack(">HHHIH", 0xC00C, kind, 1, 0, size)
        records = b"".join(head + socket.inet_pton(family, one) for one in fits)
        return question[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(fits), 0, 0) + asked + records


# What a server says that begins no TLS.
HANDSHAKES = {
    "plain": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npolicy",
    "garbage": bytes(range(255, 0, -1)),
    "refused": b"\x15\x03\x03\x00\x02\x02\x28",
    # An alert of TLS 1.0: the protocol version is not supported.
    "old": b"\x15\x03\x01\x00\x02\x02\x46",
}


class Site:
    """A web server with TLS for both hosts. `answers` maps (host, path) to bytes or to a function of the handler."""

    def __init__(self, namespace, folder):
        answers, site = {}, self
        self.answers, self.certificate, self.asked, self.padding, self.handshake = answers, "good", 0, b"", "good"

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked += 1
                answer = answers.get((self.headers.get("Host"), self.path))
                if callable(answer):
                    answer(self)
                elif answer is None:
                    self.send_error(404)
                else:
                    begin_page(self, answer)
                    # In small pieces: of a piece that TLS has packed nothing is seen before all of it is there.
                    for at in range(0, len(answer), 1_000):
                        self.wfile.write(answer[at : at + 1_000])

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client):
                pass  # A client that went away is no fault of the server.

            def finish_request(self, request, client):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                if site.handshake != "good":
                    request.recv(4096)
                    if site.handshake == "silent":
                        request.settimeout(30)
                        request.recv(4096)
                    elif site.handshake != "dropped":
                        request.sendall(HANDSHAKES[site.handshake])
                    return
                context.load_cert_chain(folder / f"{site.certificate}.pem", folder / f"{site.certificate}.key")
                # A client that does not like the certificate, or that the network took away, is no fault of the server.
                with contextlib.suppress(OSError, ValueError):
                    request.settimeout(60)
                    with context.wrap_socket(request, server_side=True) as wrapped:
                        self.RequestHandlerClass(wrapped, client, self)

        def listening():
            return Server(("", 443), Handler)

        self.server = namespace.make(listening)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def says(self, host, body):
        self.answers[host, "/policy"] = document(body).replace(b"</body>", self.padding + b"</body>")

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Network:
    """Both namespaces, what is in the first one, and the faults of what is between."""

    def __init__(self, folder, authority):
        folder.mkdir(parents=True, exist_ok=True)
        self.closing = contextlib.ExitStack()
        self.outside, self.inside = Namespace(), Namespace()
        self.closing.callback(self.outside.close)
        self.closing.callback(self.inside.close)
        self.outside.run(*f"ip link add s type veth peer name a netns {self.inside.holder.pid}".split())
        for namespace, device, address in (
            (self.outside, "s", ADDRESS),
            (self.outside, "s", ELSEWHERE),
            (self.inside, "a", CLIENT),
        ):
            namespace.run("ip", "address", "add", f"{address}/24", "dev", device)
            namespace.run("ip", "link", "set", "dev", device, "up")
        files = {
            "resolv.conf": f"nameserver {ADDRESS}\noptions timeout:1 attempts:1\n",
            "hosts": "127.0.0.1 localhost\n",
            "nsswitch.conf": "hosts: files dns\n",
        }
        for name, text in files.items():
            (folder / name).write_text(text)
            self.inside.run("mount", "--bind", str(folder / name), f"/etc/{name}")
        self.names = Names(self.outside)
        self.closing.callback(self.names.close)
        self.site = Site(self.outside, authority)
        self.closing.callback(self.site.close)

    def drops(self, rule):
        """From now on the server's side does this with what comes from the cable."""
        chain = f"chain i {{\n type filter hook input priority 0;\n {rule}\n }}"
        self.outside.run("nft", "-f", "-", text=f"table inet f {{\n {chain}\n}}\n")

    def slow(self):
        self.outside.run(*"tc qdisc add dev s root tbf rate 32kbit burst 2kb latency 500ms".split())

    def down(self):
        self.outside.run("ip", "link", "set", "dev", "s", "down")

    def heals(self):
        self.outside.run("ip", "link", "set", "dev", "s", "up")
        self.outside.run("nft", "flush", "ruleset")
        self.outside.run(*"tc qdisc del dev s root".split(), check=False)
        self.names.mode = self.site.certificate = self.site.handshake = "good"
        self.names.where = {PAYER: [ADDRESS], AGENCY: [ADDRESS]}
        if not self.names.socket:
            self.names.open()
        for host in (PAYER, AGENCY):
            if callable(self.site.answers.get((host, "/policy"))):
                self.site.says(host, AFTER)

    def close(self):
        self.closing.close()


@dataclasses.dataclass
class Nowhere:
    """In place of pages on loopback, where none is asked. It also lets requests follow each other without a pause."""

    origin: str = "127.0.0.1:9"


class Connected(Installation):
    """coverd in a network, watching the policy of each host."""

    def __init__(self, program, folder, network, authority, hosts=(PAYER,), more="", page="", total=20):
        blocks = "".join(
            f'[[page]]\nname = "policy of {host}"\nurl = "https://{host}/policy"\nseverity = "payment"\n{page}\n'
            for host in hosts
        )
        fetch = f"connect_timeout_seconds = 2\nread_timeout_seconds = 3\ntotal_timeout_seconds = {total}"
        super().__init__(program, folder, Nowhere(), [], more=more + blocks, fetch=fetch)
        self.network, self.authority = network, authority

    def environment(self, later=0):
        return super().environment(later) | {"SSL_CERT_FILE": str(self.authority / "authority.pem")}

    def run(self, *arguments, later=0, before=(), timeout=180):
        return super().run(*arguments, later=later, before=[*self.network.inside.enter, *before], timeout=timeout)


def nothing_told(coverd):
    """The practice hears nothing, and the store holds nothing wrong."""
    changes = coverd.list("changes")
    expect(changes == [], "told as changes:", changes)
    expect(coverd.states(PRACTICE) == {}, "sent to the practice:", coverd.list("outbox"))
    coverd.sound()


def told_once(coverd, was=BEFORE, now=AFTER, changes=1):
    """One change, with what held before the fault and what holds now; one message."""
    told = coverd.told()
    expect(len(told) == changes, "changes:", told)
    for _, _, before, after in told:
        expect(was in before and now in after, "another change:", told)
    expect(coverd.states(PRACTICE) == {"delivered": changes}, "messages:", coverd.list("outbox"))
    coverd.sound()


def well(coverd, later):
    ran = coverd.run("health", later=later)
    expect(ran.code == 0, "the trouble has no end:", ran.out)


def trouble(ran, words):
    """The check ended with the code of a source that cannot be read, and says why."""
    expect(ran.code == 4, f"the check ended with {ran.code}:", ran.out, ran.err)
    expect(any(word in ran.out for word in words), f"the reason is not one of {words}:", ran.out)
    expect("panic" not in ran.out + ran.err, "a panic:", ran.out, ran.err)


def fault(network, coverd, breaks, words, *, at_once=False, asked=None):
    """Through the fault and back. `at_once`: the operator hears of it at the first check, and not at the second.
    `asked` counts what must not be asked."""
    network.site.says(PAYER, BEFORE)
    coverd.run("check").want(0)
    network.site.says(PAYER, AFTER)
    breaks(network)
    before = asked() if asked else 0
    trouble(coverd.run("check", later=24), words)
    nothing_told(coverd)
    expect(coverd.run("health", later=25).code == 4, "health knows nothing of it")
    notices = coverd.states(OPERATOR)
    expect(notices == ({"delivered": 1} if at_once else {}), "after one check the operator has", notices)
    trouble(coverd.run("check", later=48), words)
    nothing_told(coverd)
    notices = coverd.states(OPERATOR)
    expect(notices == {"delivered": 1}, "after two checks the operator has", notices)
    if asked:
        expect(asked() == before, "asked all the same, times:", asked() - before)
    network.heals()
    heals(coverd, 72)
    notices = coverd.states(OPERATOR)
    expect(notices == {"delivered": 2}, "of the end of the trouble the operator has", notices)


def heals(coverd, later):
    """Everything is well again: the change is told once, by this check, and no more by the next."""
    ran = coverd.run("check", later=later)
    expect(ran.code == 0, f"healed, and the check ended with {ran.code}:", ran.out, ran.err)
    told_once(coverd)
    well(coverd, later + 1)
    ran = coverd.run("check", later=later + 24)
    expect(ran.code == 0, f"the check after that ended with {ran.code}:", ran.out, ran.err)
    told_once(coverd)


def bad_certificate(network, coverd, name):
    """No request is sent to a server that cannot show who it is."""
    breaks = lambda network: setattr(network.site, "certificate", name)  # noqa: E731
    fault(network, coverd, breaks, CERTIFICATES[name], asked=lambda: network.site.asked)


def sent_away(network, coverd, breaks, to):
    """As a network does before somebody has accepted its terms, or who would like to be asked in clear."""
    fault(network, coverd, breaks, [f"it was redirected to {to}"], at_once=True)


def leads_inside(network, coverd, address):
    """Nothing is connected to at an address that a name server made up; a server waits there for it."""
    inside = Inside(network, address)
    try:
        breaks = lambda network: network.names.where.update({PAYER: [address]})  # noqa: E731
        fault(network, coverd, breaks, [f"leads to {address}"], at_once=True, asked=lambda: inside.asked)
    finally:
        inside.close()


def leads_both_ways(network, coverd):
    """Of several addresses the public one is asked, and the inner ones are not."""
    inside = Inside(network, "127.0.0.1")
    try:
        network.site.says(PAYER, BEFORE)
        coverd.run("check").want(0)
        network.site.says(PAYER, AFTER)
        network.names.where[PAYER] = ["127.0.0.1", ADDRESS, "10.0.0.1"]
        heals(coverd, 24)
        expect(inside.asked == 0, "the inner address was connected to, times:", inside.asked)
    finally:
        inside.close()


class Inside:
    """Somebody who listens at an address of coverd's own machine, and counts who comes."""

    def __init__(self, network, address):
        self.asked = 0
        if not address.startswith(("127.", "::")):
            network.inside.run("ip", "address", "add", address, "dev", "lo")

        def bound():
            made = socket.socket(socket.AF_INET6)
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            made.bind(("::", 443))
            made.listen()
            return made

        self.socket = network.inside.make(bound)
        threading.Thread(target=self._count, daemon=True).start()
        network.inside.make(lambda: socket.create_connection((address, 443), 10)).close()
        end = time.monotonic() + 10
        while self.asked != 1:
            expect(time.monotonic() < end, "who connects to", address, "is not counted")
            time.sleep(0.01)
        self.asked = 0

    def _count(self):
        with contextlib.suppress(OSError):
            while True:
                came, _ = self.socket.accept()
                self.asked += 1
                came.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def losses(network, coverd):
    """A check under loss either sees the change and tells it, or says that it could not see."""
    texts = ["Twelve", "Eleven", "Ten", "Nine"]
    network.site.says(PAYER, f"{texts[0]} visits a year.")
    coverd.run("check").want(0)
    network.drops("meta iif != lo numgen random mod 100 < 30 counter drop")
    for number, text in enumerate(texts[1:], 1):
        network.site.says(PAYER, f"{text} visits a year.")
        ran = coverd.run("check", later=24 * number).want(0, 4)
        shown = any(f"{text} visits" in now for *_, now in coverd.told())
        expect(shown == (ran.code == 0), f"ended with {ran.code}, and the change is told: {shown}", ran.out)
    rules = network.outside.run("nft", "list", "ruleset")
    expect("packets" in rules and "packets 0 " not in rules, "nothing was lost:", rules)
    network.heals()
    network.site.says(PAYER, AFTER)
    coverd.run("check", later=120).want(0)
    told = coverd.told()
    now = [after for *_, after in told]
    expect(len(now) == len(set(now)) and sum(AFTER in after for after in now) == 1, "not each once:", told)
    expect(coverd.states(PRACTICE) == {"delivered": len(told)}, "messages:", coverd.list("outbox"))
    well(coverd, 121)
    coverd.sound()


def slowly(network, coverd):
    """A line that is slow is no fault."""
    network.site.says(PAYER, BEFORE)
    coverd.run("check").want(0)
    network.slow()
    network.site.says(PAYER, AFTER)
    heals(coverd, 24)
    queue = network.outside.run(*"tc -s qdisc show dev s".split())
    expect("overlimits" in queue and "overlimits 0 " not in queue, "nothing had to wait:", queue)


def too_slow(network, coverd):
    """A page that does not come within total_timeout_seconds, though it never stands still."""
    network.site.padding = b"<!-- " + os.urandom(60_000).hex().encode() + b" -->"
    fault(network, coverd, Network.slow, ["took too long"])


def one_of_two(network, coverd):
    """One host's trouble is its own: what the other one says is told at once."""
    for host in (PAYER, AGENCY):
        network.site.says(host, BEFORE)
    coverd.run("check").want(0)
    del network.names.where[PAYER]
    for host in (PAYER, AGENCY):
        network.site.says(host, AFTER)
    ran = coverd.run("check", later=24)
    trouble(ran, NAME)
    expect(AGENCY not in ran.out, "trouble with the host that is well:", ran.out)
    told_once(coverd)
    network.heals()
    ran = coverd.run("check", later=48)
    expect(ran.code == 0, "healed:", ran.out, ran.err)
    told_once(coverd, changes=2)
    well(coverd, 49)


def all_the_while(network, coverd):
    """One process of `coverd run` goes through a fault; the connection that it had kept open is dead as well, and at
    the end of the fault the host has another address."""
    network.site.says(PAYER, BEFORE)
    clock, said = coverd.folder / "clock", coverd.folder / "said"
    clock.write_text("+0\n")
    environment = coverd.environment(1) | {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    del environment["FAKETIME"]
    command = [*network.inside.enter, "setpriv", "--pdeathsig", "KILL", *coverd.command("run")]
    with said.open("w") as out:
        running = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def until(seen, what):
        end = time.monotonic() + 300
        while not seen():
            expect(running.poll() is None, f"it ended with {running.poll()}:", said.read_text())
            expect(time.monotonic() < end, f"never: {what}", said.read_text())
            time.sleep(0.5)

    def jump(hours):
        # Written whole: half of it would be another time.
        (coverd.folder / "next").write_text(f"+{hours}h\n")
        (coverd.folder / "next").rename(clock)

    try:
        until(lambda: coverd.run("health").code == 0, "the first reading")
        network.drops("drop")
        network.site.says(PAYER, AFTER)
        jump(30)
        until(lambda: coverd.run("health", later=30).code == 4, "the trouble")
        nothing_told(coverd)
        network.heals()
        network.names.where[PAYER] = [ELSEWHERE]
        network.drops(f"ip daddr {ADDRESS} tcp dport 443 drop")
        jump(60)
        until(lambda: coverd.states(PRACTICE).get("delivered"), "the change")
        until(lambda: coverd.run("health", later=60).code == 0, "the end of the trouble")
        told_once(coverd)
        running.send_signal(signal.SIGTERM)
        expect(running.wait(60) == 0, "asked to stop, it ended with", running.returncode, said.read_text())
        expect("panic" not in said.read_text(), "a panic:", said.read_text())
        coverd.sound()
    finally:
        if running.poll() is None:
            running.kill()
            running.wait(30)


def text_cut_cleanly(network, coverd):
    """A text that ends too soon, with nothing that shows it: not believed before it is seen again."""
    lines = [f"Policy {number}: {number} units a year." for number in range(1, 30)]

    def says(lines):
        body = "\n".join(lines).encode()

        def answer(handler):
            handler.send_response(200)
            handler.send_header("Content-Type", "text/plain; charset=utf-8")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        network.site.answers[PAYER, "/policy"] = answer

    says(lines)
    coverd.run("check").want(0)
    says(lines[:15])
    trouble(coverd.run("check", later=24), ["may be cut"])
    nothing_told(coverd)
    says(lines)
    coverd.run("check", later=48).want(0)
    nothing_told(coverd)
    well(coverd, 49)
    says([line.replace("Policy 7: 7 units", "Policy 7: 70 units") for line in lines])
    coverd.run("check", later=72).want(0)
    told_once(coverd, "7 units", "70 units")


def half(handler, *, after=None, length=True):
    """Half of a page, and then the connection ends, or `after` happens."""
    body = document(AFTER)
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    if length:
        handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.close_connection = True
    if after:
        after(handler)


def chunk_and_gone(handler):
    body = document(AFTER)
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    part = body[: len(body) // 2]
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
    handler.close_connection = True


def reset(handler):
    """Instead of an end, the connection is torn, after what was sent has arrived: it takes that with it."""
    time.sleep(0.5)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def dies_in_body(network):
    """In the middle of a page all that comes from coverd's side is lost."""
    answers_with(lambda handler: half(handler, after=lambda _: network.drops("drop")))(network)


def answers_with(function):
    return lambda network: network.site.answers.__setitem__((PAYER, "/policy"), function)


NAME, BODY = ["name could not be resolved"], ["body broke off", "body stalled"]
CERTIFICATES = {
    "wrong-name": ["not valid for name", "NotValidForName"],
    "expired": ["expired"],
    "not-yet-valid": ["not valid yet", "NotValidYet"],
    "unknown-authority": ["UnknownIssuer", "unknown issuer"],
    "self-signed": ["UnknownIssuer", "unknown issuer", "CaUsedAsEndEntity"],
}


def network_faults():
    """Name, what breaks, and words of which one is said."""
    yield "no name server", lambda network: network.names.close(), NAME
    for mode in Names.MODES:
        yield f"name server: {mode}", lambda network, mode=mode: setattr(network.names, "mode", mode), NAME
    yield "link down", Network.down, NAME
    yield "black hole", lambda network: network.drops("drop"), NAME
    yield "SYNs vanish", lambda network: network.drops("tcp dport 443 drop"), ["no answer in time"]
    refuses = "tcp dport 443 reject with tcp reset"
    yield "connections refused", lambda network: network.drops(refuses), ["Connection refused"]
    yield "cut in mid-body", answers_with(half), BODY
    yield "cut in mid-body, no length", answers_with(lambda handler: half(handler, length=False)), BODY
    yield "cut between chunks", answers_with(chunk_and_gone), BODY
    yield "reset in mid-body", answers_with(lambda handler: half(handler, after=reset)), BODY
    yield "dead in mid-body", dies_in_body, BODY + NAME
    for mode, word in {"silent": "in time", "dropped": "no connection"}.items():
        yield f"TLS: {mode}", lambda network, mode=mode: setattr(network.site, "handshake", mode), [word]
    for mode in HANDSHAKES:
        yield f"TLS: {mode}", lambda network, mode=mode: setattr(network.site, "handshake", mode), ["no connection"]


def network_trials(program, folder, authority):
    """Every trial with the network, as its name, its promise and what runs it."""

    def make(name, promise, play, *arguments, **settings):
        path = folder / "".join(letter if letter.isalnum() else "-" for letter in name)

        def plays():
            network = Network(path / "network", authority)
            try:
                play(network, Connected(program, path, network, authority, **settings), *arguments)
            finally:
                network.close()

        return name, promise, plays

    later = "no change, the trouble says '{}', then told once"
    every = '[sources.page]\nschedule = "* * * * *"\n'
    one = "one process: silent, then told once, the trouble over"
    yield make("coverd run through a black hole", one, all_the_while, more=every)
    for name, breaks, words in network_faults():
        yield make(name, later.format(words[0]), fault, breaks, words)
    for name, words in CERTIFICATES.items():
        yield make(f"certificate: {name}", later.format(words[0]) + "; no request before that", bad_certificate, name)
    for address in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fd00::1"):
        promise = later.format(address) + "; never connected to"
        yield make(f"name leads to {address}", promise, leads_inside, address)
    for to in (f"http://{PAYER}/policy", "https://portal.example/login", f"https://{AGENCY}:8443/policy"):
        breaks = answers_with(moved(to))
        yield make(f"sent to {to}", later.format("it was redirected to"), sent_away, breaks, to)
    yield make("name leads inside and outside", "the public address is asked, the inner ones never", leads_both_ways)
    yield make("30 % loss", "each change told once, or trouble at that check", losses)
    yield make("32 kbit/s", "read all the same, told once", slowly)
    yield make("32 kbit/s, a long page", later.format("took too long"), too_slow, total=4)
    two = "the other's change told at once, its own later"
    yield make("one of two hosts gone", two, one_of_two, hosts=(PAYER, AGENCY))
    yield make("text cut cleanly", "no change before it is seen twice", text_cut_cleanly, page='kind = "text"')


MIB = 1 << 20
# Limits that are soon reached; what the program takes by default, and time for it; and limits for who is slow.
SMALL = "read_timeout_seconds = 3\ntotal_timeout_seconds = 30\nmax_megabytes = 20"
DEFAULT = "read_timeout_seconds = 60\ntotal_timeout_seconds = 120\nmax_megabytes = 200"
SHORT = "read_timeout_seconds = 3\ntotal_timeout_seconds = 4\nmax_megabytes = 20"
# A PDF is read by a process of its own, which ends at its own limit.
MOST_MEMORY = {"pdf": 600_000_000}
TYPES = {
    "html": "text/html; charset=utf-8",
    "table": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SETTINGS = {"table": 'kind = "html"\nkey = ["Code"]'}
SETTINGS |= {kind: f'kind = "{kind}"\nkey = ["Code"]' for kind in ("csv", "xlsx")}
CODES = [f"20{number}" for number in range(540, 560)]


def rows(body):
    """A table of codes, one of which has `body`."""
    return [["Code", "Limit"], *([code, f"Limit number {code}"] for code in CODES), ["20560", body]]


def table(body, inside=""):
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows(body))
    return document("Limits").replace(b"</main>", f"<table>{cells}</table>{inside}</main>".encode())


XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
FORMATS = "http://schemas.openxmlformats.org"
MAIN, OFFICE = f"{FORMATS}/spreadsheetml/2006/main", f"{FORMATS}/officeDocument/2006/relationships"
CONTENT, RELATIONS = f"{FORMATS}/package/2006/content-types", f"{FORMATS}/package/2006/relationships"
FORMAT = "application/vnd.openxmlformats-"


def sheet(body, after=""):
    """The XML of a sheet with the table, and `after` behind its last row."""

    def cell(place, text):
        return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'

    lines = enumerate(rows(body), 1)
    lines = "".join(f'<row r="{at}">{cell(f"A{at}", code)}{cell(f"B{at}", limit)}</row>' for at, (code, limit) in lines)
    return f'{XML}<worksheet xmlns="{MAIN}"><sheetData>{lines}{after}</sheetData></worksheet>'


def members(body, strings=None, after=""):
    """The parts of a workbook with one sheet."""

    def related(*targets):
        named = enumerate(targets, 1)
        each = (f'<Relationship Id="rId{at}" Type="{OFFICE}/{kind}" Target="{to}"/>' for at, (kind, to) in named)
        return f'<Relationships xmlns="{RELATIONS}">{"".join(each)}</Relationships>'

    def part(name, kind):
        return f'<Override PartName="/xl/{name}" ContentType="{FORMAT}officedocument.spreadsheetml.{kind}+xml"/>'

    parts = {
        "[Content_Types].xml": f'<Types xmlns="{CONTENT}"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="{FORMAT}package.relationships+xml"/>'
        f'{part("workbook.xml", "sheet.main")}{part("worksheets/sheet1.xml", "worksheet")}</Types>',
        "_rels/.rels": related(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Limits" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": related(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
    }
    parts = {name: (XML + text).encode() for name, text in parts.items()}
    parts["xl/worksheets/sheet1.xml"] = sheet(body, after).encode()
    if strings is not None:
        parts["xl/sharedStrings.xml"] = (XML + strings).encode()
    return parts


@dataclasses.dataclass
class Packed:
    """A member of an archive as its bytes are, with what is said of it, which may be a lie."""

    raw: bytes
    size: int
    check: int = 0


def deflated(body):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return Packed(packer.compress(body) + packer.flush(), len(body), zlib.crc32(body))


def zeros(count, head=b"", fill=b" ", size=None, tail=b""):
    """`head`, then `count` MiB of the same byte, then `tail`, packed. What repeats is packed once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    begin = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(fill * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(tail) + packer.flush()
    length, check = len(head) + count * MIB + len(tail), 0
    if count < 1_000:
        # Whatever is larger is given up long before its end, where the checksum would count.
        for some in itertools.chain([head], itertools.repeat(fill * MIB, count), [tail]):
            check = zlib.crc32(some, check)
    return Packed(begin + part * count + end, length if size is None else size, check)


def archive(parts):
    """A ZIP file of members, by name and bytes or `Packed`. Python's own would not write what is not so."""
    out, directory, number = bytearray(), bytearray(), 0
    for name, part in parts:
        part = part if isinstance(part, Packed) else deflated(part)
        name = name.encode()
        # Sizes beyond 4 GB cannot be said here.
        sizes = struct.pack("<III", part.check, len(part.raw), part.size & 0xFFFFFFFF)
        common = struct.pack("<HHHHH", 20, 0, 8, 0, 0x21) + sizes + struct.pack("<HH", len(name), 0)
        directory += b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name
        out += b"PK\x03\x04" + common + name + part.raw
        number += 1
    count = min(number, 0xFFFF)
    if number > 0xFFFF:
        start = len(out) + len(directory)
        wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, number, number, len(directory), len(out))
        directory_end = wide + struct.pack("<IIQI", 0x07064B50, 0, start, 1)
    else:
        directory_end = b""
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(out), 0)
    return bytes(out + directory + directory_end + end)


def workbook(body, more=(), **parts):
    """A workbook; `more` adds members, or replaces those of the same name."""
    made = members(body, **parts) | dict(more)
    return archive(made.items())


def pdf(body, *, pages="/Kids [3 0 R] /Count 1", page="", contents="", content=None, more=(), root="", trailer=""):
    """A PDF of one page that says `body`. The keywords put other things in the place of its parts."""
    lines = ["Policy on needling", body, "Issued by the payer"]
    said = "BT /F1 12 Tf 72 720 Td " + " 0 -20 Td ".join(f"({line}) Tj" for line in lines) + " ET"
    stream = said.encode() if content is None else content
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {root} >>".encode(),
        f"<< /Type /Pages {pages} >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> "
        + page.encode()
        + b" >> >>",
        f"<< /Length {len(stream)} {contents} >>\nstream\n".encode() + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        *more,
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    start = len(out)
    entries = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + entries
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def true_page(kind, body):
    """What a page of that kind says in earnest."""
    if kind == "html":
        return document(body)
    if kind == "table":
        return table(body)
    if kind == "json":
        return json.dumps({"policy": {"name": "Policy on needling", "issued": "2026-01-01", "limit": body}}).encode()
    if kind == "csv":
        return "".join(",".join(row) + "\r\n" for row in rows(body)).encode()
    if kind == "xlsx":
        return workbook(body)
    if kind == "pdf":
        return pdf(body)
    return "".join(f"{code}: {limit}\n" for code, limit in rows(body)).encode()


def begins(handler, kind, status=200, length=None, charset=None, **headers):
    """The head of an answer."""
    handler.protocol_version = "HTTP/1.1"
    handler.close_connection = True
    handler.send_response(status)
    handler.send_header("Content-Type", f"text/html; charset={charset}" if charset else TYPES[kind])
    handler.send_header("Connection", "close")
    if length is not None:
        handler.send_header("Content-Length", str(length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def answer(kind, body, status=200, length=None, **headers):
    """Answers with `body`; another `length` than its own may be said."""

    def answers(handler):
        begins(handler, kind, status, len(body) if length is None else length, **headers)
        handler.wfile.write(body)

    return answers


def without_end(kind, part, chunked=True, **headers):
    """Answers with `part`, again and again."""

    def answers(handler):
        begins(handler, kind, **headers, **({"Transfer_Encoding": "chunked"} if chunked else {}))
        while True:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)

    return answers


def parts(kind, head, part, count, tail=b""):
    """A large body that is never held as a whole here, for our own memory counts as the program's at first."""

    def answers(handler):
        begins(handler, kind, length=len(head) + len(part) * count + len(tail))
        handler.wfile.write(head)
        for _ in range(count):
            handler.wfile.write(part)
        handler.wfile.write(tail)

    return answers


def raw(head, again, pause=0):
    """Bytes instead of an answer, and then others without end."""

    def answers(handler):
        handler.close_connection = True
        handler.wfile.write(head)
        while True:
            handler.wfile.write(again)
            handler.wfile.flush()
            time.sleep(pause)

    return answers


def moved(to):
    def answers(handler):
        begins(handler, "html", 302, 0, Location=to)

    return answers


def dripping(kind, body):
    """A byte each second."""

    def answers(handler):
        begins(handler, kind, length=len(body))
        for at in range(len(body)):
            handler.wfile.write(body[at : at + 1])
            handler.wfile.flush()
            time.sleep(1)

    return answers


def gzipped(count, head):
    packed = zeros(count, head)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03" + packed.raw + struct.pack("<II", 0, packed.size & 0xFFFFFFFF)


def zstd(blocks, window=0x38):
    """Blocks of 128 KiB of the same letter, four bytes each. The window is what a reader has to reserve."""
    block = lambda last: struct.pack("<I", (131072 << 3) | (1 << 1) | last)[:3] + b"a"  # noqa: E731
    return b"\x28\xb5\x2f\xfd\x00" + bytes([window]) + block(0) * (blocks - 1) + block(1)


def grown(count):
    """A packed stream of so many MiB of blanks, with the checksum that it should have."""
    packer = zlib.compressobj(9)
    head, blank = b"BT (a) Tj ET ", b" " * MIB
    begin = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(blank) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush()[:-4]
    check = zlib.adler32(head)
    for _ in range(count):
        check = zlib.adler32(blank, check)
    return begin + part * count + end + struct.pack(">I", check)


@dataclasses.dataclass
class Hostile:
    """An answer, and a word of the trouble by which it is known that this is what happened. Without a word it says what
    was said before, in a form that may be read; then no trouble is needed."""

    name: str
    kind: str
    answers: object
    word: str | None
    fetch: str = SMALL


def noise(without=b""):
    """Always the same bytes, as random as any."""
    made = random.Random(1).randbytes(40_000)
    return bytes(byte for byte in made if byte not in without)[:20_000]


def others(title, text):
    """A whole page of somebody else."""
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    return answer("html", f"{head}<body><h1>{title}</h1><p>{text}</p></body></html>".encode())


def of_every_kind():
    """What may come instead of anything."""
    denied = others("Access Denied", "You don't have permission to access this server. Reference #18.2")
    for kind in TYPES:
        full = true_page(kind, AFTER)
        yield Hostile("empty", kind, answer(kind, b""), "an empty answer")
        yield Hostile("random bytes", kind, answer(kind, noise()), "")
        yield Hostile("random bytes without zeros", kind, answer(kind, noise(b"\0")), "")
        yield Hostile("random bytes without zeros and tags", kind, answer(kind, noise(b"\0<>&")), "")
        part = full[: len(full) * 2 // 3]
        yield Hostile("cut short of its length", kind, answer(kind, part, length=len(full)), "broke off")
        yield Hostile("access denied", kind, denied, "a challenge or refusal")
        # A text and a table in text form do not show their end.
        if kind not in ("csv", "text"):
            yield Hostile("cut, and its length fits", kind, answer(kind, part), "")


def lengths():
    """More than there can be, or less than there should be."""
    larger = "the body is larger than"
    yield Hostile("10 GB announced", "html", parts("html", b"<html>", b" " * MIB, 10_000), larger)
    for kind in ("html", "json", "csv", "text", "pdf", "xlsx"):
        head = true_page(kind, AFTER)
        part = head[: len(head) // 2] + b" " * MIB
        yield Hostile("without end, in chunks", kind, without_end(kind, part), larger)
    part = b"<p>more</p>" * 100_000
    yield Hostile("without end or length", "html", without_end("html", part, chunked=False), larger)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 15 + b"\r\n"
    yield Hostile("a chunk of 2^60 bytes", "html", raw(head, b" " * MIB), larger)
    for name, length in (("a length of 2^64", 1 << 64), ("a negative length", -1)):
        yield Hostile(name, "html", answer("html", document(AFTER), length=length), "content-length")
    yield Hostile("a header line without end", "html", raw(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * MIB), "too large")
    more = raw(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 1_000)
    yield Hostile("headers without end", "html", more, "too large")
    yield Hostile("'100 Continue' without end", "html", raw(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "", SHORT)
    slow = raw(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", pause=1)
    yield Hostile("a header, a byte a second", "html", slow, "in time", SHORT)
    yield Hostile("a body, a byte a second", "html", dripping("html", document(AFTER)), "took too long", SHORT)
    yield Hostile("no HTTP at all", "html", raw(b"220 mail.example ESMTP\r\n", b"\r\n"), "invalid HTTP")


def codings():
    """Bodies that are packed, and grow, or cannot be unpacked."""
    whole = document(AFTER)
    packed = gzip.compress(whole)
    wrong = packed[:-8] + bytes(4) + packed[-4:]

    def coded(body, coding, kind="html"):
        return answer(kind, body, Content_Encoding=coding)

    begun = whole.replace(b"</body></html>", b"")
    yield Hostile("gzip bomb, 10 GB", "html", coded(gzipped(10_000, begun), "gzip"), "the body is larger than")
    yield Hostile("gzip cut", "html", coded(packed[:-40], "gzip"), "the body broke off")
    yield Hostile("gzip with a wrong checksum", "html", coded(wrong, "gzip"), "the body broke off")
    yield Hostile("gzip in gzip", "html", coded(gzip.compress(packed), "gzip, gzip"), "not asked for")
    yield Hostile("zstd bomb, 10 GB", "text", coded(zstd(80_000), "zstd", "text"), "the body is larger than")
    huge = zstd(10, window=30 << 3)
    yield Hostile("zstd with a window of 1 TB", "text", coded(huge, "zstd", "text"), "too much memory")
    yield Hostile("brotli that is none", "html", coded(whole, "br"), "the body broke off")
    yield Hostile("an unknown coding", "html", coded(whole, "compress"), "not asked for")


def no_content():
    """Answers that are not what was asked for, whatever their body is."""
    for status in (201, 202, 204, 206, 300, 304, 403, 404, 410, 418, 429, 500, 503, 999):
        body = b"" if status in (204, 304) else document(AFTER)
        yield Hostile(f"status {status} with a page", "html", answer("html", body, status), f"answered {status}")
    never = answer("html", document(AFTER), 429, Retry_After="99999999999")
    yield Hostile("left alone for 3,000 years", "html", never, "answered 429")
    yield Hostile("captcha", "html", others("Just a moment...", "Verify you are human."), "a challenge")
    words = "We are performing scheduled maintenance and will be back soon."
    yield Hostile("maintenance", "html", others("Scheduled maintenance", words), "a maintenance")
    yield Hostile("maintenance without saying so in its title", "html", others("Payer", words), "a maintenance")
    yield Hostile("login", "html", others("Sign in", "Please sign in to continue."), "a login page")
    words = "The page you requested could not be found."
    yield Hostile("not found, with status 200", "html", others("Page not found", words), "no such page")


def damage():
    """What is broken on its way, or said in other letters."""
    split = document(AFTER).replace(b" visits", b"\0\0visits")
    yield Hostile("zero bytes in the text", "html", answer("html", split), "is zero")
    filled = true_page("text", AFTER) + bytes(4096)
    yield Hostile("zero bytes after the text", "text", answer("text", filled), "zero bytes")
    for kind in ("html", "csv", "text", "json"):
        wide = true_page(kind, AFTER).decode().encode("utf-16")
        yield Hostile("UTF-16", kind, answer(kind, wide), "")
    accents = document("\u00c9tabli: " + AFTER)
    mixed = accents.replace(b"Policy", b"P\xf2licy")
    yield Hostile("two encodings in one page", "html", answer("html", mixed + "\u00e9".encode() * 9), "UTF-8")
    yield Hostile("another charset said", "html", answer("html", document(BEFORE), charset="utf-7"), None)


def depths():
    """Structure that goes deeper, or is wider, than any reader should follow."""
    deep, nested = 200_000, "nested too deeply"
    yield Hostile("200,000 levels", "html", answer("html", document("<div>" * deep + AFTER + "</div>" * deep)), nested)
    yield Hostile("200,000 levels", "table", answer("table", table(AFTER, "<table><tr><td>" * (deep // 3))), nested)
    mixed = "<a><b><i><p>" * 50_000
    yield Hostile("200,000 elements that overlap", "html", answer("html", document(mixed + AFTER)), nested)
    yield Hostile("200,000 elements that overlap", "table", answer("table", table(AFTER, mixed)), nested)
    many = " ".join(f"a{number}=b" for number in range(300_000))
    wide = document(BEFORE).replace(b"<main>", f"<main><p {many}></p>".encode())
    yield Hostile("300,000 attributes", "html", answer("html", wide), None)
    deep = b'{"a":' * 100_000 + json.dumps(AFTER).encode() + b"}" * 100_000
    yield Hostile("100,000 levels", "json", answer("json", deep), "nested deeper")
    yield Hostile("100,000 lists", "json", answer("json", b"[" * 100_000 + b"]" * 100_000), "nested deeper")


def masses():
    """Bodies within their limit, of which each byte may take many when it is read. Where they may be read, they say
    what was said before."""
    plausible, select = "more than is plausible", "name a part of it"
    text = parts("json", b'{"policy": {"limit": "', b"a" * MIB, 30, b'"}}')
    yield Hostile("a string of 30 MB", "json", text, select, DEFAULT)
    yield Hostile("6,000,000 numbers", "json", parts("json", b"[0", b",0" * 200_000, 30, b"]"), "", DEFAULT)
    start = true_page("csv", AFTER)
    long = parts("csv", start + b"20570,", b"a" * MIB, 50, b"\r\n")
    yield Hostile("a line of 50 MB", "csv", long, plausible, DEFAULT)
    half = parts("csv", start + b'20570,"', b"a,b\r\n" * 200_000, 50)
    yield Hostile("a quotation mark without its partner", "csv", half, plausible, DEFAULT)
    wide = b"Code,Limit" + b",x" * 1_000_000 + b"\r\n20560," + AFTER.encode()
    yield Hostile("1,000,000 columns", "csv", answer("csv", wide), plausible)
    empty = parts("csv", true_page("csv", BEFORE), (b"," * 490 + b"\r\n") * 1_000, 40)
    yield Hostile("20,000,000 empty cells", "csv", empty, None, DEFAULT)
    yield Hostile("a line of 20 MB", "text", parts("text", true_page("text", AFTER), b"a" * MIB, 20), select, DEFAULT)
    short = parts("text", true_page("text", AFTER), b"a\n" * 200_000, 40)
    yield Hostile("8,000,000 lines", "text", short, select, DEFAULT)
    for kind, name, begin, part, word in (
        ("html", "cells", b"<table><tr>", b"<td>a", "plausible"),
        ("table", "paragraphs", b"", b"<p>a", None),
    ):
        head, end, tail = true_page(kind, BEFORE).partition(b"</main>")
        count = 7_500_000 // len(part) // 100
        body = parts(kind, head + begin, part * 100, count, end + tail)
        yield Hostile(f"{count * 100:,} {name}", kind, body, word, DEFAULT)


def workbooks():
    """Archives and XML, as a workbook has them."""
    name, opened = "xl/worksheets/sheet1.xml", sheet(AFTER).replace("</worksheet>", "").encode()

    def book(*more, body=AFTER, **settings):
        return answer("xlsx", workbook(body, more, **settings))

    grows = "grows beyond"
    yield Hostile("bomb in the sheet, 4 GB", "xlsx", book((name, zeros(4_000, opened))), grows)
    yield Hostile("bomb that says it is small", "xlsx", book((name, zeros(4_000, opened, size=5_000))), "declared")
    yield Hostile("bomb in a picture", "xlsx", book(("xl/media/image1.png", zeros(4_000))), grows)
    bombs = [(f"xl/media/image{number}.png", zeros(200)) for number in range(20)]
    yield Hostile("20 bombs of 200 MB", "xlsx", book(*bombs), grows)
    inner = archive([("bomb", zeros(1_000))])
    yield Hostile("a bomb in an archive in it", "xlsx", book(("more.zip", inner), body=BEFORE), None)
    crowd = [(f"m{number}", Packed(b"\x03\0", 0)) for number in range(100_000)]
    yield Hostile("100,000 members", "xlsx", book(*crowd), "members where")
    climbing = [(path, b"owned") for path in ESCAPES]
    yield Hostile("members that climb out", "xlsx", book(*climbing, body=BEFORE), None)
    both = [*members(BEFORE).items(), (name, sheet(AFTER).encode())]
    yield Hostile("the same member twice", "xlsx", answer("xlsx", archive(both)), "the same name")

    shared = f'<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>{{}}</t></si></sst>'
    cell = '<row r="30"><c r="A30" t="inlineStr"><is><t>20999</t></is></c><c r="B30" t="s"><v>0</v></c></row>'
    lol = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    head = f'<!DOCTYPE sst [<!ENTITY l0 "lol">{lol}]>'
    yield Hostile("entity bomb", "xlsx", book(strings=head + shared.format("&l9;"), after=cell), "entity")
    head = '<!DOCTYPE sst [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    named = book(strings=head + shared.format("&file;"), after=cell)
    yield Hostile("entity that names a file", "xlsx", named, "entity")
    for level in ("x", "is", "r"):
        around = f'<row r="30"><c r="A30" t="inlineStr">{f"<{level}>" * 100_000}{f"</{level}>" * 100_000}</c></row>'
        yield Hostile(f"100,000 levels of {level}", "xlsx", book(after=around, body=BEFORE), None)
    corner = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>corner</t></is></c></row>'
    yield Hostile("a cell in the last corner", "xlsx", book(after=corner), "beyond what is plausible")
    said = shared.replace('uniqueCount="1"', 'uniqueCount="4000000000"').format("x")
    yield Hostile("4,000,000,000 strings announced", "xlsx", book(strings=said, after=cell), "more shared strings")
    # Something that cannot be packed, lest the ratio gives it away.
    filler = f"<!-- {random.Random(2).randbytes(1_500_000).hex()} -->".encode()
    head, tail = opened.replace(b"</sheetData>", b""), b"</t></is></c></row></sheetData></worksheet>"
    head += filler + b'<row r="30"><c r="A30" t="inlineStr"><is><t>'
    yield Hostile("a cell of 200 MB", "xlsx", book((name, zeros(200, head, b"a", tail=tail))), "", DEFAULT)
    far = "".join(f'<row r="{row}"><c r="GR{row}"><v>1</v></c></row>' for row in range(30, 100_000))
    yield Hostile("100,000 rows with a cell in column 200", "xlsx", book(after=far, body=BEFORE), None, DEFAULT)


def papers():
    """PDFs that are broken, or made to break who reads them."""
    full = pdf(AFTER)
    yield Hostile("without its last lines", "pdf", answer("pdf", full[: full.index(b"xref")]), "breaks off")
    for name, pages, word in (
        ("a page tree that loops", "/Kids [2 0 R] /Count 1", "0 pages"),
        ("a page tree that loops beside a page", "/Kids [3 0 R 2 0 R] /Count 2", "pages"),
        ("1,000,000,000 pages announced", "/Kids [3 0 R] /Count 1000000000", "of 1000000000 pages"),
        ("300,000 times the same page", "/Kids [" + "3 0 R " * 300_000 + "] /Count 300000", "of 300000 pages"),
    ):
        yield Hostile(name, "pdf", answer("pdf", pdf(AFTER, pages=pages)), word)
    packed = answer("pdf", pdf(AFTER, contents="/Filter /FlateDecode", content=grown(2_000)))
    yield Hostile("a stream that grows to 2 GB", "pdf", packed, "reading the PDF ended")
    deep = pdf(AFTER, root="/Deep " + "[" * 100_000 + "]" * 100_000)
    yield Hostile("100,000 levels", "pdf", answer("pdf", deep), "")
    loop = pdf(BEFORE)
    loop = loop.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % loop.index(b"xref\n"))
    yield Hostile("a cross reference that leads to itself", "pdf", answer("pdf", loop), None)
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> /Length 5 >>"
    drawn = b"BT /F1 12 Tf 72 720 Td (Policy) Tj ET /X Do"
    itself = pdf(AFTER, page="/XObject << /X 6 0 R >>", content=drawn, more=[form + b"\nstream\n/X Do\nendstream"])
    yield Hostile("a form that draws itself", "pdf", answer("pdf", itself), "reading the PDF ended")


def hostile_answers():
    """All of them, one of each group in turns: those that need much memory are not read all at a time."""
    groups = (masses, workbooks, papers, lengths, of_every_kind, codings, no_content, damage, depths)
    for some in itertools.zip_longest(*(group() for group in groups)):
        yield from (one for one in some if one)


def redirects():
    """Name, where the page is said to be, and a word of why it is not read there. At PORT is a server that must not be
    asked."""
    yield "to itself", "/policy", "more than 10 times"
    yield "without end", "/1", "more than 10 times"
    inwards = ["https://10.0.0.1/policy", "https://169.254.169.254/latest/meta-data/", "https://[::1]/policy"]
    here = ["127.0.0.1:PORT/policy", "localhost:PORT/policy", "user:word@127.0.0.1:PORT/policy"]
    here = [f"{scheme}//{place}" for scheme in ("http:", "https:", "ftp:", "") for place in here]
    for to in (*inwards, *here, "http://10.0.0.1/", "file:///etc/passwd", "data:text/html,policy"):
        yield f"to {to}", to, "it was redirected to"
    for to in ("http://", "\x01:"):
        yield f"to {to!r}", to, ""


# A process of its own, and small: the memory of who starts a program counts as the program's until that begins. What
# the system counts has the program's own children in it, such as the one that reads a PDF.
MEASURE = """
import os, sys
child = os.posix_spawnp("setpriv", ["setpriv", "--pdeathsig", "KILL", *sys.argv[2:]], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(usage.ru_maxrss))
code = os.waitstatus_to_exitcode(status)
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class Measured(Installation):
    """coverd watching one page on loopback."""

    def __init__(self, program, folder, kind, fetch):
        self.pages, self.kind = Pages(), kind
        settings = SETTINGS.get(kind, f'kind = "{kind}"')
        url = f"http://{self.pages.origin}/policy"
        block = f'[[page]]\nname = "policy"\nurl = "{url}"\nseverity = "payment"\n{settings}\n'
        super().__init__(program, folder, self.pages, [], more=block, fetch=fetch)

    def says(self, body):
        self.pages.answers["/policy"] = answer(self.kind, true_page(self.kind, body))

    def measured(self, *arguments, later=0):
        """Runs the program, and how much memory it took at most, in bytes."""
        file = self.folder / "memory"
        before = [sys.executable, "-I", "-S", "-c", MEASURE, str(file)]
        ran = self.run(*arguments, later=later, before=before, timeout=240)
        return ran, int(file.read_text()) * 1024

    def stored(self):
        return sum(path.stat().st_size for path in (self.folder / "store").rglob("*") if path.is_file())


# Where a member of an archive would be written by who trusts its name.
ESCAPES = ["../../../coverd-escaped", "/var/coverd-escaped", "xl/../../../coverd-escaped", "..\\coverd-escaped"]


def escaped(coverd):
    """Files that came out of an archive, beside those of the store."""
    places = [pathlib.Path.cwd(), coverd.folder, coverd.folder / "store"]
    return [place / path for place in places for path in ESCAPES if (place / path).exists()]


def hostile(coverd, answers, word=""):
    """Through a hostile answer and back."""
    coverd.says(BEFORE)
    ran = coverd.run("check")
    expect(ran.code == 0, "the true page:", ran.code, ran.out, ran.err)
    stored = coverd.stored()
    coverd.pages.answers["/policy"] = answers
    ran, peak = coverd.measured("check", later=24)
    expect(peak < MOST_MEMORY.get(coverd.kind, 400_000_000), f"it took {peak / 1e6:.0f} MB of memory:", ran.out)
    expect(ran.code in (0, 4), f"the check ended with {ran.code}:", ran.out[-2000:], ran.err[-2000:])
    expect("panicked" not in ran.err and "defect:" not in ran.out, "a defect:", ran.out[-2000:], ran.err[-2000:])
    grown = coverd.stored() - stored
    expect(grown < 20_000_000, "the store grew by", grown)
    nothing_told(coverd)
    expect("root:x:0" not in ran.out + ran.err, "it read a file of this machine:", ran.out)
    expect(escaped(coverd) == [], "files were written outside:", escaped(coverd))
    if word is not None:
        expect(ran.code == 4 and word in ran.out, f"ended with {ran.code}, and '{word}' is not said:", ran.out, ran.err)
        expect(coverd.run("health", later=25).code == 4, "health knows nothing of it")
    coverd.says(AFTER)
    heals(coverd, 48)
    notices = coverd.states(OPERATOR).get("delivered", 0)
    expect(notices in (0, 2), "the operator hears of trouble and of its end, or neither:", notices)


def redirected(coverd, to, word):
    """What an address leads to inside of this machine or network is never asked."""
    bait = Pages()
    asked = []

    def baited(handler):
        asked.append(handler.path)
        answer("html", document(AFTER))(handler)

    for path in ("/", "/policy", "/latest/meta-data/"):
        bait.answers[path] = baited
    for number in range(1, 30):
        coverd.pages.answers[f"/{number}"] = moved(f"/{number + 1}")
    hostile(coverd, moved(to.replace("PORT", bait.origin.rpartition(":")[2])), word)
    expect(asked == [], "asked all the same:", asked)
    bait.server.shutdown()
    bait.server.server_close()


def refreshed(coverd, to):
    """The same for a page that leads elsewhere by meta refresh."""
    bait, asked = Pages(), []
    bait.answers["/policy"] = lambda handler: (asked.append(handler.path), answer("html", document(AFTER))(handler))
    to = to.replace("PORT", bait.origin.rpartition(":")[2])
    body = f'<!DOCTYPE html><html><head><meta http-equiv="refresh" content="0; url={to}"></head><body></body></html>'
    hostile(coverd, answer("html", body.encode()))
    expect(asked == [], "asked all the same:", asked)
    bait.server.shutdown()
    bait.server.server_close()


def confirms_for_ever(coverd):
    """A server that has the page that it had, whenever it is asked whether it changed."""

    def says(body):
        def answers(handler):
            if handler.headers.get("If-None-Match"):
                answer("html", b"", 304, ETag='"1"')(handler)
            else:
                answer("html", document(body), ETag='"1"')(handler)

        coverd.pages.answers["/policy"] = answers

    says(BEFORE)
    coverd.run("check").want(0)
    says(AFTER)
    coverd.run("check", later=24).want(0)
    expect(coverd.list("changes") == [], "it was not asked whether the page changed")
    heals(coverd, 8 * 24)


def hostile_trials(program, folder):
    """Every trial with an answer, as its name, its promise and what runs it."""
    promise = "ends, within its memory; no change; trouble; then told once"

    def make(name, kind, play, *arguments, said=promise, fetch=SMALL):
        path = folder / "".join(letter if letter.isalnum() else "-" for letter in name)

        def plays():
            coverd = Measured(program, path, kind, fetch)
            try:
                play(coverd, *arguments)
            finally:
                coverd.pages.server.shutdown()
                coverd.pages.server.server_close()

        return name, said, plays

    for one in hostile_answers():
        said = promise.replace("trouble", "read or trouble") if one.word is None else promise
        yield make(f"{one.kind}: {one.name}", one.kind, hostile, one.answers, one.word, said=said, fetch=one.fetch)
    said = "though it says that nothing changed, told once within eight days"
    yield make("html: 304 for ever", "html", confirms_for_ever, said=said)
    for name, to, word in redirects():
        yield make(f"redirect {name}", "html", redirected, to, word, said=promise + "; never asked there")
    for to in ("/policy", "file:///etc/passwd", "http://127.0.0.1:PORT/policy", "https://10.0.0.1/"):
        yield make(f"meta refresh to {to}", "html", refreshed, to, said=promise + "; never asked there")


def main():
    program = os.path.abspath(sys.argv[1])
    chosen = sys.argv[2] if len(sys.argv) > 2 else ""
    began, kept = time.monotonic(), 0
    with contextlib.ExitStack() as closing:
        folder = pathlib.Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="coverd-network-")))
        pool = concurrent.futures.ThreadPoolExecutor(10)
        # Who ends this program waits for the trials under way: they clean up after themselves.
        closing.callback(pool.shutdown, cancel_futures=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        authority = certificates(folder / "certificates")
        trials = itertools.chain(network_trials(program, folder, authority), hostile_trials(program, folder))
        running = {pool.submit(play): (name, promise) for name, promise, play in trials if chosen in name}
        for done in concurrent.futures.as_completed(running):
            (name, promise), error = running[done], done.exception()
            kept += not error
            said = promise if not error else f"{type(error).__name__}: {error}".replace("\n", " | ")[:1_500]
            print(f"{'NOT' if error else 'ok '} {name}: {said}", flush=True)
    print(f"{kept} of {len(running)} as promised in {time.monotonic() - began:.0f} s")
    return kept < len(running) or not running


if __name__ == "__main__":
    sys.exit(main())
