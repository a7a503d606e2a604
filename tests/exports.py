#!/usr/bin/env python3
"""Reads what coverd exports with the tools of others, and gives coverd what they write.

usage: exports.py COVERD DEMO   (the program, and the folder that `coverd demo --dir DEMO` left)

Needs duckdb, pandas, pyarrow and warcio; tests/run installs them into a folder of its own.
"""

import decimal
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
from datetime import date
from http.server import HTTPServer, SimpleHTTPRequestHandler

import duckdb
import pandas
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
DEMO = pathlib.Path(sys.argv[2]).resolve()
PROJECT = pathlib.Path(__file__).resolve().parent.parent


def coverd(*line):
    command = [PROGRAM, "--config", DEMO / "coverd.toml", *line]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


def parquet(folder):
    tables = folder / "tables"
    coverd("export", "--parquet", tables)
    database = duckdb.connect()

    def types(name):
        rows = database.execute(f"DESCRIBE SELECT * FROM '{tables}/{name}.parquet'").fetchall()
        return {row[0]: row[1] for row in rows}

    timelines = types("timelines")
    assert timelines["valid_from"] == "DATE", timelines
    assert timelines["published"] == "DATE", timelines
    assert timelines["amount"] == "DECIMAL(38,10)", timelines
    assert timelines["learned"] == "TIMESTAMP WITH TIME ZONE", timelines
    changes = types("changes")
    assert changes["recorded"] == "TIMESTAMP WITH TIME ZONE", changes
    assert changes["now_amount"] == "DECIMAL(38,10)", changes
    documents = types("documents")
    assert documents["bytes"] == "BIGINT", documents

    status = database.execute(
        f"""SELECT text FROM '{tables}/timelines.parquet'
            WHERE code = '20560' AND attribute = 'status' AND stage = 'in_force'
              AND valid_from <= DATE '2020-05-12'
              AND coalesce(valid_until, DATE '9999-12-31') > DATE '2020-05-12'"""
    ).fetchall()
    assert status == [("A",)], status
    factor = database.execute(
        f"""SELECT DISTINCT amount FROM '{tables}/timelines.parquet'
            WHERE attribute = 'conversion_factor'"""
    ).fetchall()
    assert factor == [(decimal.Decimal("36.0896"),)], factor
    step = database.execute(
        f"""SELECT was, now, valid_from, severity FROM '{tables}/changes.parquet'
            WHERE code = '20560' AND attribute = 'status'"""
    ).fetchall()
    assert step == [("N", "A", date(2020, 4, 1), "coverage")], step

    frame = pandas.read_parquet(tables / "timelines.parquet", dtype_backend="pyarrow")
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["valid_from"].startswith("date32"), kinds["valid_from"]
    assert kinds["amount"].startswith("decimal128(38, 10)"), kinds["amount"]
    assert kinds["learned"] == "timestamp[us, tz=UTC][pyarrow]", kinds["learned"]
    rvu = frame[(frame.code == "20560") & (frame.attribute == "work_rvu")].amount
    assert set(rvu) == {decimal.Decimal("0.3200000000")}, set(rvu)
    print(f"parquet: {len(frame)} rows of timelines read by duckdb and pandas")


def ours_in_warcio(folder):
    path = folder / "ours.warc.gz"
    coverd("archive", "export", "--out", path)
    kinds = {}
    with open(path, "rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            kinds[record.rec_type] = kinds.get(record.rec_type, 0) + 1
            record.content_stream().read()
            if record.rec_type in ("response", "warcinfo"):
                assert record.digest_checker.passed is not False, record.rec_headers
    assert kinds["warcinfo"] == 1 and kinds["response"] > 5, kinds
    done = subprocess.run(["warcio", "check", path], capture_output=True, text=True, check=False,
                          executable=pathlib.Path(sys.executable).parent / "warcio")
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"warcio: {kinds} with their digests right")


def theirs_in_coverd(folder):
    """The recording of the demonstration, written by warcio, tells the same story."""
    recording = PROJECT / "tests/fixtures/demo/recording"
    manifest = json.loads((recording / "manifest.json").read_text())
    told = coverd("changes", "--format", "csv")
    for gzip in (True, False):
        path = folder / ("theirs.warc.gz" if gzip else "theirs.warc")
        with open(path, "wb") as out:
            writer = WARCWriter(out, gzip=gzip)
            writer.write_record(writer.create_warcinfo_record(path.name, {"software": "a test"}))
            for capture in manifest["captures"]:
                status = capture.get("status", 200)
                headers = list(capture.get("headers", {}).items())
                body = (recording / capture["body"]).read_bytes() if "body" in capture else b""
                http = StatusAndHeaders(f"{status} Answer", headers, protocol="HTTP/1.1")
                writer.write_record(writer.create_warc_record(
                    capture["url"], "response", payload=io.BytesIO(body), http_headers=http,
                    warc_headers_dict={"WARC-Date": capture["at"]}))
        into = folder / ("replayed-gz" if gzip else "replayed")
        coverd("replay", path, "--into", into)
        again = coverd("--store", into, "changes", "--format", "csv")
        assert again == told, (again, told)
    print("replay: a WARC file of warcio tells the same story, compressed and plain")


def of_wget(folder):
    if shutil.which("wget") is None:
        print("wget is not installed: its WARC files are left out")
        return
    served = folder / "served"
    served.mkdir()
    (served / "page.html").write_text("<html><body>a page</body></html>")

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *line, **more):
            super().__init__(*line, directory=served, **more)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/page.html"
    subprocess.run(["wget", "-q", "--no-proxy", "--warc-file", folder / "wget", "-O", folder / "page", url],
                   check=True, cwd=folder)
    server.shutdown()
    config = folder / "page.toml"
    config.write_text(
        f"""[practice]
name = "wget"
[fetch]
allow_http_loopback = ["127.0.0.1:{server.server_port}"]
[[page]]
name = "a page"
url = "{url}"
"""
    )
    into = folder / "of-wget"
    done = subprocess.run([PROGRAM, "--config", config, "replay", folder / "wget.warc.gz", "--into", into],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "1 read anew" in done.stdout, (done.stdout, done.stderr)
    print("replay: a WARC file of wget is read")


with tempfile.TemporaryDirectory() as scratch:
    folder = pathlib.Path(scratch)
    parquet(folder)
    ours_in_warcio(folder)
    theirs_in_coverd(folder)
    of_wget(folder)
