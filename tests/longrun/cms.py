"""CMS and two payers on loopback, as they are on one day: what they publish, and what stands in the way.

All hosts are one server that knows them by the name in the request, as the program sends the true name wherever
`[fetch.origins]` leads it. The layouts are those of CMS (see tests/fixtures/demo/make.py), the figures are made.
"""

import collections
import datetime
import http.server
import io
import json
import random
import select
import threading
import zipfile
import zlib

CMS, API, PAYER, MEDICAID = "www.cms.gov", "api.coverage.cms.gov", "www.payer.example", "medicaid.example.gov"
HOSTS = (CMS, API, PAYER, MEDICAID)

LIST = "/medicare/payment/fee-schedules/physician/pfs-relative-value-files"
REPORT = "/v1/reports/national-coverage-ncd/"
POLICY, FEES = "/policies/dry-needling", "/fees.csv"

MONTHS = {"A": "January", "B": "April", "C": "July", "D": "October"}

# The header of the table of all codes by column, from the top row to the bottom one, and the attribute that the
# program reads from the column; None: it is read by no attribute of a service.
COLUMNS = (
    ("HCPCS", None),
    ("MOD", None),
    ("DESCRIPTION", None),
    ("STATUS|CODE", "status"),
    ("NOT USED|FOR|MEDICARE|PAYMENT", "not_used_for_payment"),
    ("WORK|RVU", "work_rvu"),
    ("NON-FAC|PE RVU", "nonfacility_pe_rvu"),
    ("NON-FAC|NA|INDICATOR", "nonfacility_na"),
    ("FACILITY|PE RVU", "facility_pe_rvu"),
    ("FACILITY|NA|INDICATOR", "facility_na"),
    ("MP|RVU", "mp_rvu"),
    ("NON-FACILITY|TOTAL", "nonfacility_total"),
    ("FACILITY|TOTAL", "facility_total"),
    ("PCTC|IND", "pctc"),
    ("GLOB|DAYS", "global_days"),
    ("PRE|OP", "preoperative_share"),
    ("INTRA|OP", "intraoperative_share"),
    ("POST|OP", "postoperative_share"),
    ("MULT|PROC", "multiple_procedure"),
    ("BILAT|SURG", "bilateral_surgery"),
    ("ASST|SURG", "assistant_surgery"),
    ("CO-|SURG", "co_surgeons"),
    ("TEAM|SURG", "team_surgery"),
    ("ENDO|BASE", "endoscopic_base"),
    ("CONV|FACTOR", None),
    ("PHYSICIAN|SUPERVISION OF|DIAGNOSTIC|PROCEDURES", "supervision"),
    ("CALCULATION|FLAG", "calculation_flag"),
    ("DIAGNOSTIC|IMAGING|FAMILY|INDICATOR", "imaging_family"),
    ("NON-FACILITY|PE USED|FOR OPPS|PAYMENT|AMOUNT", "opps_nonfacility_pe"),
    ("FACILITY|PE USED|FOR OPPS|PAYMENT|AMOUNT", "opps_facility_pe"),
    ("MP USED|FOR OPPS|PAYMENT|AMOUNT", "opps_mp"),
)
NAMED = tuple(attribute for _, attribute in COLUMNS)
ORDER = tuple(range(len(COLUMNS)))
# Another order of the columns, with the code in front as it always is.
REORDERED = (0, *reversed(range(1, len(COLUMNS))))

WATCHED = ("20560", "20561")
LOOK_ALIKES = ("20552", "20553", "97810", "97811", "97813", "97814")
# First digit of a code and how many codes of filler begin with it, much as in the real files.
FAMILIES = {"0": 400, "1": 1300, "2": 2000, "3": 1500, "4": 1300, "5": 1200, "6": 1200, "7": 1900, "8": 1500, "9": 2000}


def amount(hundredths):
    """Hundredths as the files write them."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def cells(code, values, factor):
    """The cells of a row of the table. `values`: status, relative values in hundredths, assistant's indicator."""
    status = values["status"]
    work, office, facility, mp = (values[key] for key in ("work", "office", "facility", "mp"))
    return (
        *(code, "", f"SERVICE {code}", status, "+" if status == "N" else "", amount(work), amount(office), ""),
        *(amount(facility), "", amount(mp), amount(work + office + mp), amount(work + facility + mp), "0", "XXX"),
        *("0.00", "0.00", "0.00", "0", "0", values["assistant"], "0", "0", "", factor, "09", "0", "99"),
        *("0.00", "0.00", "0.00"),
    )


def plain(work=100, office=50, facility=25, mp=5, status="A", assistant="1"):
    """What a row says that nobody watches."""
    return {"status": status, "work": work, "office": office, "facility": facility, "mp": mp, "assistant": assistant}


def filler(order):
    """All rows that nobody watches, with a mark for the factor, by code."""
    codes = []
    for digit, count in FAMILIES.items():
        start = 100 if digit == "0" else int(digit) * 10000
        codes += (f"{number:05d}" for number in range(start, start + count))
    codes += ("97110", "97140", "99213")
    for letter, count in (("G", 700), ("V", 150)):
        codes += (f"{letter}{number:04d}" for number in range(1, count + 1))
    rows = {}
    for code in codes:
        row = cells(code, plain(), "%FACTOR%")
        rows[code] = ",".join(row[place] for place in order)
    return rows


FILLER = {ORDER: filler(ORDER), REORDERED: filler(REORDERED)}


def table(year, letter, released, factor, values, order):
    """The table of all codes of one posting. `values`: what the rows of single codes say."""
    depth = max(name.count("|") for name, _ in COLUMNS) + 1
    blank = "," * (len(COLUMNS) - 1)
    lines = [
        f",,{year} National Physician Fee Schedule Relative Value File {MONTHS[letter]} Release" + blank[2:],
        ",,Descriptors in this file are neutral." + blank[2:],
        f",,RELEASED {released:%m/%d/%Y}" + blank[2:],
        blank,
    ]
    names = [name.split("|") for name, _ in COLUMNS]
    names = [[""] * (depth - len(parts)) + parts for parts in names]
    lines += (",".join(names[place][level] for place in order) for level in range(depth))
    rows = dict(FILLER[order])
    for code, said in values.items():
        row = cells(code, said, factor)
        rows[code] = ",".join(row[place] for place in order)
    lines += (rows[code] for code in sorted(rows, key=lambda code: (code[0].isdigit(), code)))
    return ("\r\n".join(lines) + "\r\n").replace("%FACTOR%", factor).encode("ascii")


def gpci(year):
    """The geographic indices of a release."""
    lines = [
        f"ADDENDUM E. FINAL CY {year} GEOGRAPHIC PRACTICE COST INDICES (GPCIs) BY MEDICARE LOCALITY,,,,,",
        ",,,,,",
        f"Medicare Administrative Contractor (MAC),Locality Number,Locality Name,{year} PW GPCI (with 1.0 Floor),"
        f"{year} PE GPCI,{year} MP GPCI",
    ]
    for number in range(112):
        name = {0: "ALABAMA", 111: "WYOMING"}.get(number, f"LOCALITY {number}")
        mac = 1112 + 1000 * (number // 10)
        lines.append(f"{mac:05d},{number % 100:02d},{name},1,{0.9 + number / 1000:.3f},{0.6 + number / 1000:.3f}")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def archive(members, stamp):
    """A ZIP archive whose members have this time stamp."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
        for name, data in members:
            info = zipfile.ZipInfo(name, date_time=(stamp.year, stamp.month, stamp.day, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, data)
    return out.getvalue()


def page(title, body):
    """A page in the frame of www.cms.gov."""
    return (
        f'<!DOCTYPE html>\n<html lang="en" dir="ltr"><head><meta charset="utf-8" /><title>{title} | CMS</title></head>'
        f'<body><main id="skipNavTarget" role="main"><h1 class="page-title"><span>{title}</span></h1>'
        f'<div id="block-cms-evo-content"><div class="content">{body}</div></div></main></body></html>\n'
    )


def escaped(html):
    """As the coverage API writes HTML into its fields."""
    pairs = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("/", "&sol;"), ('"', "&quot;"))
    for plain_text, entity in pairs:
        html = html.replace(plain_text, entity)
    return html


def envelope(data):
    """An answer of the coverage API."""
    return json.dumps({"meta": {"status": {"id": 200, "message": "OK"}, "next_token": ""}, "data": data}, indent=1)


class Release:
    """One posting of a release: what it says, and where it lies."""

    def __init__(self, name, posted, factor, values, order, again=None):
        self.name, self.posted, self.factor = name, posted, factor
        self.values = {code: dict(said) for code, said in values.items()}
        self.order = order
        year, letter = 2000 + int(name[3:5]), name[5]
        # Posted again under the same address, the text inside is that of the first day.
        self.released = again.released if again else posted
        self.path = again.path if again else f"/files/zip/{name.lower()}-updated-{posted:%m%d%Y}.zip"
        self.label = f"{name} - Updated {self.released:%m/%d/%Y}"
        member = f"PPRRVU{year}_{MONTHS[letter][:3]}.csv"
        said = table(year, letter, self.released, factor, self.values, order)
        self.zip = archive([(member, said), (f"GPCI{year}.csv", gpci(year))], posted)

    @property
    def year(self):
        return 2000 + int(self.name[3:5])

    @property
    def begins(self):
        return datetime.date(self.year, {"A": 1, "B": 4, "C": 7, "D": 10}[self.name[5]], 1)

    def says(self):
        """What is read from it, by subject and attribute."""
        said = {("PFS", "conversion_factor"): self.factor}
        for code in WATCHED + LOOK_ALIKES:
            row = cells(code, self.values[code], self.factor)
            said |= {(code, name): cell for name, cell in zip(NAMED, row) if name}
        return said


class Determination:
    """A national coverage determination."""

    def __init__(self, key, section, title, words):
        self.key, self.section, self.title, self.words = key, section, title, words
        self.history = "05/2020 - First text."
        self.touched = datetime.date(2020, 5, 8)

    def record(self):
        paragraphs = "".join(f"<p>{words}</p>\n" for words in self.words)
        return {
            "document_id": str(self.key),
            "document_version": 1,
            "document_display_id": self.section,
            "title": self.title,
            "publication_number": "100-3",
            "effective_date": "01/21/2020",
            "effective_end_date": "N/A",
            "implementation_date": "06/24/2020",
            "qr_modifier_date": "",
            "benefit_category": "Physicians' Services",
            "item_service_description": escaped("<p>Needles are put into points of the body.</p>"),
            "indications_limitations": escaped(paragraphs),
            "cross_reference": "",
            "transmittal_number": "10128",
            "transmittal_url": "https://www.cms.gov/files/document/r10128NCD.pdf",
            "revision_history": escaped(f"<p>{self.history}</p>"),
            "other_text": "",
            "ama_statement": "",
            "reasons_for_denial": "",
        }

    def row(self):
        return listed(self.key, self.section, self.title, f"{self.touched:%Y%m%d}080000")

    def page(self):
        """What a person would open, with the words of the record."""
        words = "".join(f"<p>{words}</p>" for words in self.words)
        return (
            f"<!DOCTYPE html><html><head><title>NCD - {self.title} ({self.section})</title></head><body>"
            f"<h1><span>{self.title}</span></h1><h2>Tracking Information</h2><table><tr><th>Publication Number<td>100-3"
            f"<tr><th>Manual Section Number<td>{self.section}</table><h2>Description Information</h2>"
            "<div><h3>Item/Service Description</h3><p>Needles are put into points of the body.</p></div>"
            f"<div><h3>Indications and Limitations of Coverage</h3>{words}</div></body></html>"
        )


def listed(key, section, title, mark):
    """A row of the report of all determinations."""
    return {
        "document_id": key,
        "document_version": 1,
        "document_display_id": section,
        "last_updated": f"{mark[4:6]}/{mark[6:8]}/{mark[:4]}",
        "last_updated_sort": mark,
        "document_type": "NCD",
        "title": title,
        "chapter": section.split(".")[0],
        "is_lab": 0,
        "url": f"/data/ncd?ncdid={key}&ncdver=1",
    }


class World:
    """What everybody publishes today."""

    def __init__(self, seed):
        self.noise = random.Random(seed ^ 0x5EED)
        self.today = None
        self.releases = {}  # by name: the posting that is linked
        self.files = {}  # by path: every posting stays where it was
        self.determinations = {}
        self.others = {1000 + number: f"Filler determination {number}" for number in range(1, 121)}
        self.touched_others = {}
        self.visits = 12
        self.rates = {"20560": 2100, "20561": 3150, "97110": 2900, "97140": 2700}
        self.layout = 0  # of the pages of www.cms.gov and of the payer
        self.fees_layout = 0
        self.counter = 0

    def post(self, release):
        self.releases[release.name] = release
        self.files[release.path] = release.zip

    def answer(self, host, path):
        """The type, the bytes and the validator of what lies at an address; None: nothing."""
        if host == CMS:
            return self._cms(path)
        if host == API:
            return self._api(path)
        if (host, path) == (PAYER, POLICY):
            return "text/html; charset=utf-8", self._policy().encode(), None
        if (host, path) == (MEDICAID, FEES):
            body = self._fees().encode()
            return "text/csv; charset=utf-8", body, None
        return None

    def _cms(self, path):
        html = "text/html; charset=UTF-8"
        if path == LIST:
            return html, self._list().encode(), None
        if path.startswith(LIST + "/"):
            release = self.releases.get(path.removeprefix(LIST + "/").upper())
            return release and (html, self._release(release).encode(), None)
        if path in self.files:
            body = self.files[path]
            return "application/zip", body, f'"{zlib.crc32(body):x}"'
        if path.startswith("/medicare-coverage-database/view/ncd.aspx?ncdid="):
            found = self.determinations.get(int(path.split("=")[1]))
            return found and (html, found.page().encode(), None)
        return None

    def _list(self):
        """All releases, newest first: as a table, and after a redesign as a list."""
        rows = ""
        for name, release in sorted(self.releases.items(), reverse=True):
            link = f'<a href="{LIST}/{name.lower()}">{name}</a>'
            if self.layout % 2:
                rows += f'<li class="views-row"><div>{link}</div><div>{release.year}</div></li>'
            else:
                rows += f"<tr><td>{release.year}</td><td>File Name {link}</td></tr>"
        if self.layout % 2:
            return page("PFS Relative Value Files", f'<div class="view-content"><ul>{rows}</ul></div>')
        head = "<thead><tr><th>Calendar Year</th><th>File Name</th></tr></thead>"
        return page("PFS Relative Value Files", f"<table>{head}<tbody>{rows}</tbody></table>")

    def _release(self, release):
        name, link = release.name, f'<a href="{release.path}">{release.label}</a>'
        about = f"Physician Fee Schedule - {MONTHS[name[5]]} {release.year} release"
        if self.layout % 2:
            return page(name, f"<section><p>{about}</p><h2>Downloads</h2><p>{link}</p></section>")

        def field(key, label, text):
            return (
                f'<div class="field field--name-field-dyna-{key}"><div class="field__label">{label}</div>'
                f'<div class="field__item">{text}</div></div>'
            )

        body = field("calendar-year", "Name", release.year) + field("file-name", "File Name", name)
        body += field("description", "Description", about)
        body += f'<div class="field field--name-field-downloads"><ul class="field__items"><li>{link}</li></ul></div>'
        return page(name, f'<article class="node node--type-dynamic-list-item">{body}</article>')

    def _api(self, path):
        kind = "application/json"
        if path == REPORT:
            mark = {key: self.touched_others.get(key, "20190101080000") for key in self.others}
            rows = [listed(key, f"{key // 10}.{key % 10}", title, mark[key]) for key, title in self.others.items()]
            rows += (one.row() for one in self.determinations.values())
            # The order of the rows is no promise of CMS's.
            random.Random(f"{sorted(self.touched_others.items())}").shuffle(rows)
            return kind, envelope(rows).encode(), None
        if path.startswith("/v1/data/ncd/?ncdid="):
            key = int(path.split("=")[1])
            if key in self.determinations:
                record = self.determinations[key].record()
            elif key in self.others:
                other = Determination(key, f"{key // 10}.{key % 10}", self.others[key], ["It is covered."])
                record = other.record()
            else:
                return None
            return kind, envelope([record]).encode(), None
        return None

    def _policy(self):
        """The payer's policy, with what is another in every answer."""
        self.counter += self.noise.randrange(1, 40)
        token = f"{self.noise.getrandbits(128):032x}"
        menu = "<li><a href='/m'>An entry of the menu</a></li>" * 40
        words = (
            "Dry needling, codes 20560 and 20561, is reimbursed when a physician or therapist orders it.",
            f"Dry needling is limited to {self.visits} visits in a calendar year.",
            "A plan of care must be kept in the record of the patient.",
        )
        noise = (
            f"Page generated at {self.today}T10:{self.noise.randrange(60):02d}:{self.noise.randrange(60):02d}Z",
            f"{self.counter:,} views",
            f"Session ID: {token}",
        )
        head = f"<meta name='csrf-token' content='{token}'><script nonce='{token}'>var t = '{token}';</script>"
        if self.layout % 2:
            said = "".join(f"<section class='s{token[:4]}'><div>{text}</div></section>" for text in words)
            tail = "".join(f"<div>{text}</div>" for text in noise)
            body = f"<nav><ul>{menu}</ul></nav><main><h1>Dry needling</h1>{said}{tail}</main>"
        else:
            said = "".join(f"<p>{text}</p>" for text in words)
            tail = "".join(f"<p>{text}</p>" for text in noise)
            body = f"<header><ul>{menu}</ul></header><main><h1>Dry needling</h1>{tail}{said}</main>"
        return f"<!DOCTYPE html><html><head><title>Dry needling</title>{head}</head><body>{body}</body></html>"

    def _fees(self):
        """The fees of a Medicaid agency: the rows in any order, the columns in another after a redesign."""
        rows = [(code, "", amount(rate)) for code, rate in self.rates.items()]
        self.noise.shuffle(rows)
        names = ["Code", "Modifier", "Rate"]
        order = (2, 0, 1) if self.fees_layout % 2 else (0, 1, 2)
        lines = [",".join(row[place] for place in order) for row in (names, *rows)]
        return "\r\n".join(lines) + "\r\n"


DENIED = (
    "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>You don't have permission to access "
    "this page on this server.<p>Reference #18.2d3e1602.1700000000.1a2b3c</body></html>"
)
MAINTENANCE = (
    "<html><head><title>Site maintenance</title></head><body><h1>We'll be back soon</h1><p>The site is down for "
    "scheduled maintenance.</p></body></html>"
)


class Hosts:
    """The server. `faults` maps a host to what it does to every request instead of answering."""

    def __init__(self, world):
        self.world, self.faults = world, {}
        self.requests = collections.Counter()
        self.busy, self.silent = 0, 0
        self.lock = threading.Lock()
        hosts = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with hosts.lock:
                    hosts.requests[self.headers["Host"]] += 1
                try:
                    hosts.respond(self)
                except OSError:
                    self.close_connection = True  # the client had enough, which is its right

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 64

            def process_request(self, request, client_address):
                with hosts.lock:
                    hosts.busy += 1
                super().process_request(request, client_address)

            def shutdown_request(self, request):
                super().shutdown_request(request)
                with hosts.lock:
                    hosts.busy -= 1

            def handle_error(self, request, client_address):
                pass  # a client that was killed

        self.server = Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def is_busy(self):
        """Whether somebody waits for an answer that will come."""
        return self.busy > 0 or bool(select.select([self.server.socket], [], [], 0)[0])

    def fails(self, host, how):
        """From now on `host` does this: 503, 403, silent, maintenance, cut."""
        self.faults[host] = how

    def heals(self, host):
        self.faults.pop(host, None)

    def respond(self, handler):
        host = handler.headers["Host"]
        fault = self.faults.get(host)
        if fault == "silent":
            self._silence(handler.connection)
            handler.close_connection = True
        elif fault == "503":
            self._send(handler, 503, "text/plain", b"Service Unavailable", None)
        elif fault == "403":
            self._send(handler, 403, "text/html", DENIED.encode(), None)
        elif fault == "maintenance":
            self._send(handler, 200, "text/html", MAINTENANCE.encode(), None)
        else:
            with self.lock:
                answer = self.world.answer(host, handler.path)
            if answer is None:
                self._send(handler, 404, "text/html", b"<html><title>Page not found</title></html>", None)
                return
            kind, body, validator = answer
            if fault == "cut":
                self._send(handler, 200, kind, body, None, body[: len(body) // 2])
            elif validator and handler.headers.get("If-None-Match") == validator:
                self._send(handler, 304, kind, b"", validator)
            else:
                self._send(handler, 200, kind, body, validator)

    def _silence(self, connection):
        """Says nothing until the client hangs up."""
        with self.lock:
            self.busy -= 1
            self.silent += 1
        select.select([connection], [], [])
        with self.lock:
            self.busy += 1
            self.silent -= 1

    def _send(self, handler, status, kind, body, validator, sent=None):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        if status != 304:
            handler.send_header("Content-Length", str(len(body)))
        if validator:
            handler.send_header("ETag", validator)
        handler.end_headers()
        handler.wfile.write(body if sent is None else sent)
