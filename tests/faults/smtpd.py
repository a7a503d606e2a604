"""A mail server that fails on purpose, with real TLS, and certificates for it to show.

A fault is a `stage` of the conversation and what happens there instead of a good answer: a reply such as "450 later",
"drop" (the connection is reset), "silent" (nothing comes any more) or "slow" (the good answer comes after a second).
"""

import base64
import pathlib
import re
import socket
import ssl
import struct
import subprocess
import threading
import time

USER, PASSWORD = "coverd", "a-secret-of-the-test"
SILENCE_SECONDS = 30


def certificates(folder):
    """An authority, and certificates for localhost: good, for another name, expired, self-signed, of another authority."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, cwd=folder, capture_output=True)

    def authority(name):
        constraints = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        openssl("req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", 900, "-subj", f"/CN={name}", *constraints)

    def signed(name, host, by, start="20200101000000Z", end="20991231235959Z"):
        # Only `openssl ca` can say since when and until when a certificate holds.
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        (folder / "extensions").write_text(f"subjectAltName=DNS:{host}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        (folder / "ca.conf").write_text(
            "[ca]\ndefault_ca=it\n[it]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n"
            "unique_subject=no\n[any]\ncommonName=supplied\n"
        )
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={host}")
        openssl(
            *("ca", "-batch", "-config", "ca.conf", "-cert", f"{by}.pem", "-keyfile", f"{by}.key", "-in", f"{name}.csr"),
            *("-out", f"{name}.pem", "-startdate", start, "-enddate", end, "-extfile", "extensions", "-notext"),
        )

    authority("authority")
    authority("stranger")
    signed("good", "localhost", "authority")
    signed("wrong-name", "other.example", "authority")
    signed("expired", "localhost", "authority", end="20200201000000Z")
    signed("not-yet-valid", "localhost", "authority", start="20980101000000Z")
    signed("unknown-authority", "localhost", "stranger")
    openssl("req", "-x509", *key, "-keyout", "self-signed.key", "-out", "self-signed.pem", "-days", 900, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    return folder


class Hangup(Exception):
    """The conversation is over."""


class Smtpd:
    """The server. Whatever it is told before TLS is in `clear`; what it took as messages in `taken`, oldest first, as
    (Message-ID, recipient, bytes, whether the client was told)."""

    def __init__(self, certificates, implicit=False):
        self.certificates, self.implicit = certificates, implicit
        self.stage = self.action = None
        self.certificate = "good"
        self.only = None  # the fault happens to this recipient alone
        self.offers_tls = self.offers_login = True
        self.clear, self.taken, self.connections, self.logins = b"", [], 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def fails(self, stage, action, only=None):
        """From now on this happens at that stage."""
        self.stage, self.action, self.only = stage, action, only

    def heals(self):
        """From now on everything is well."""
        self.stage = self.action = self.only = None
        self.certificate, self.offers_tls, self.offers_login = "good", True, True

    def close(self):
        """Goes down: connections are refused from now on."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def reopen(self):
        """Comes up again, at the same port."""
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        listener = self.listener
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection:
                _Conversation(self, connection).hold()
        except (Hangup, OSError):
            pass


class _Conversation:
    """One connection and what is said over it."""

    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.buffer, self.is_secret, self.recipient = b"", False, None

    def hold(self):
        if self.server.implicit:
            self._secure()
        if not self._answer("connect", "220 fault.example ESMTP"):
            raise Hangup
        while True:
            line = self._line()
            verb = line.split(b" ")[0].upper()
            if verb == b"EHLO":
                self._answer("ehlo-tls" if self.is_secret else "ehlo", self._greeting())
            elif verb == b"STARTTLS":
                if self._answer("starttls", "220 go ahead"):
                    self._secure()
            elif verb == b"AUTH":
                self._login(line)
            elif verb == b"MAIL":
                self._answer("mail", "250 2.1.0 ok")
            elif verb == b"RCPT":
                self.recipient = re.search(rb"<(.*?)>", line)[1].decode()
                self._answer("rcpt", "250 2.1.5 ok")
            elif verb == b"DATA":
                if self._answer("data", "354 go on"):
                    self._message()
            elif verb == b"QUIT":
                self._send("221 bye")
                raise Hangup
            else:
                self._send("250 ok" if verb in (b"NOOP", b"RSET") else "500 what?")

    def _answer(self, stage, good):
        """Gives the good answer, or what the fault makes of it. Whether the conversation goes on from there."""
        fault = self._fault(stage)
        if fault == "drop":
            self._reset()
        if fault == "silent":
            time.sleep(SILENCE_SECONDS)
            raise Hangup
        while fault == "endless":
            self._send("220-a greeting without an end")
        if fault == "slow":
            time.sleep(1)
        elif fault:
            self._send(fault)
            if fault.startswith("421"):
                raise Hangup
            return False
        self._send(good)
        return True

    def _fault(self, stage):
        server = self.server
        concerned = server.only is None or server.only == self.recipient
        return server.action if server.stage == stage and concerned else None

    def _greeting(self):
        words = ["fault.example", "8BITMIME"]
        if self.server.offers_tls and not self.is_secret:
            words.append("STARTTLS")
        if self.server.offers_login and self.is_secret:
            words.append("AUTH PLAIN LOGIN")
        return "\r\n".join("250" + ("-" if word != words[-1] else " ") + word for word in words)

    def _secure(self):
        fault = self._fault("tls")
        if fault == "garbage":
            self._send("this is not TLS at all")
        if fault == "injected":
            # What is said in clear must not count as said under TLS.
            self.connection.sendall(b"250 2.0.0 queued\r\n" * 12)
        if fault == "old":
            self.connection.recv(4096)
            # An alert of TLS 1.0: the protocol version is not supported.
            self.connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")
            raise Hangup
        if fault in ("drop", "silent"):
            self._answer("tls", "")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        name = self.server.certificates / self.server.certificate
        context.load_cert_chain(f"{name}.pem", f"{name}.key")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.buffer, self.is_secret = b"", True

    def _login(self, line):
        given = base64.b64decode(line.split(b" ")[2])  # AUTH PLAIN with its answer in the same line
        right = given == f"\0{USER}\0{PASSWORD}".encode()
        self.server.logins += right
        self._answer("auth", "235 2.7.0 welcome" if right else "535 5.7.8 wrong password")

    def _message(self):
        if self._fault("text") == "drop":
            # In the middle of the text.
            self._receive()
            self._reset()
        lines = []
        while (line := self._line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        text = b"\r\n".join(lines)
        name = re.search(rb"(?im)^Message-ID: *(?:\r\n[ \t]+)?(<.*?>)", text)[1].decode()
        fault = self._fault("end")
        if fault is None or fault in ("slow", "drop", "silent", "drop-after"):
            told = fault in (None, "slow", "drop-after")
            self.server.taken.append((name, self.recipient, text, told))
        if fault == "drop-after":
            self._send("250 2.0.0 queued")
            self._reset()
        self._answer("end", "250 2.0.0 queued")

    def _send(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def _receive(self):
        data = self.connection.recv(65536)
        if not data:
            raise Hangup
        if not self.is_secret:
            self.server.clear += data
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._receive()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Hangup
