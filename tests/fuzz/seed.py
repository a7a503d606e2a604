#!/usr/bin/env python3
"""Makes the first inputs of the fuzz targets out of the project's own fixtures (made documents, no data of CMS).

    tests/fuzz/seed.py [FOLDER]      into FOLDER/TARGET/, by default corpus/ beside this script

The first byte of an input of a source says how it is read, see reading.rs.
"""
import hashlib
import io
import pathlib
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
OUT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus"
LONGEST = 6_000

DISCOVER, PACKED, EXTRACT = 0, 2, 4


def keep(target, data):
    folder = OUT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def of_source(target, how, data):
    keep(f"source_{target}", bytes([how]) + data[:LONGEST])


def known(index):
    return EXTRACT | index << 3


def members(path):
    """The members of an archive, cut to their first lines, each with its name before it."""
    text = b""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.lower().endswith((".csv", ".txt")):
                lines = archive.read(name).splitlines(keepends=True)
                rows = lines[:14] + [line for line in lines[14:] if line[:4] in (b"2056", b"9781")]
                text += b"== " + name.encode() + b"\n" + b"".join(rows[:20])
    return text


def packed(name, data):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return body.getvalue()


recording = FIXTURES / "demo" / "recording"
for path in sorted(recording.rglob("*")):
    if path.suffix == ".zip":
        inside = members(path)
        for at in (0, 1):
            of_source("pfs", known(at) | PACKED, inside)
            of_source("pfs", known(at) | PACKED | 1, inside)
        keep("tables", inside[:LONGEST])
    elif path.suffix == ".html":
        data = path.read_bytes()
        for target in ("pfs", "pfs_rules", "opps", "ncci", "therapy", "transmittals"):
            of_source(target, DISCOVER, data)
        keep("html", data[:LONGEST])
        keep("sniff", data[:LONGEST])
        of_source("page", known(0), data)
    elif path.suffix == ".json" and path.name != "manifest.json":
        data = path.read_bytes()
        for at in (0, 1, 2):
            of_source("ncd", known(at), data)
        of_source("ncd", DISCOVER, data)
        keep("json", data[:LONGEST])

for path in sorted((FIXTURES / "federal_register").iterdir()):
    data = path.read_bytes()
    if path.suffix == ".xml":
        of_source("federal_register", known(0), data)
        keep("xml", data)
    elif path.suffix == ".json":
        of_source("federal_register", known(1), data)
        of_source("federal_register", DISCOVER, data)
    keep("prose", data[:LONGEST])

for name in ("nca", "local_coverage"):
    for path in sorted((FIXTURES / name).iterdir()):
        data = path.read_bytes()
        for how in (DISCOVER, known(0), known(1), known(2)):
            of_source(name, how, data)
        keep("json", data)
        of_source("page", known(1), data)

for path in sorted((FIXTURES / "transmittals").iterdir()):
    data = path.read_bytes()
    of_source("transmittals", known(0), data)
    of_source("transmittals", known(1), data)
    keep("prose", data)
    of_source("page", known(4), data)
    of_source("page", known(5), data)

rows = b"CODE,NAME,STATUS\r\n20560,A,\"x, y\"\r\n20561,B,z\r\n"
of_source("page", known(2), rows)
keep("tables", rows)
keep("tables", rows.replace(b",", b"\t"))
book = packed("rows.csv", rows)
keep("archives", book)
keep("sniff", book)

therapy = b"== list.csv\nHCPCS,Disposition,Notes\n97110,always,\n20560,sometimes,1\n20561,sometimes,\n"
addendum = (
    b"== January 2026 Addendum B.csv\nAddendum B.-OPPS Payment by HCPCS Code\n\n"
    b"HCPCS Code,Short Descriptor,SI,APC,Relative Weight,Payment Rate,National Unadjusted Copayment,Minimum Unadjusted Copayment\n"
    b"20560,SERVICE A,E1,,,,,\n20561,SERVICE B,S,5731,0.2,$25.10,,$5.02\n99213,SERVICE C,B,,,,,\n"
)
units = (
    b"== MCR_MUE_PractitionerServices_Eff_07-01-2026.csv\nnotice\n"
    b"HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n"
    b"20560,1,2 Date of Service Edit: Policy,Code Descriptor / CPT Instruction\n20561,1,3 Date of Service Edit: Clinical,Clinical: Data\n"
)
pairs = (
    b"== ccipra-v322r0-f1.txt\nnotice\nColumn 1\tColumn 2\t*=in existence prior to 1996\tEffective Date\tDeletion Date\tModifier\tPTP Edit Rationale\n"
    b"20560\t97140\t\t20200101\t*\t1\tMisuse of Column Two code with Column One code\n"
)
rule = (
    b"== CMS-1848-P_Addendum B.csv\nAddendum B\nHCPCS Code,Mod,Status,Work RVUs,Non-Facility PE RVUs,Facility PE RVUs,Mal-Practice RVUs,Global\n"
    b"20560,,A,0.32,0.42,0.11,0.02,000\n20561,,A,0.48,0.60,0.17,0.03,000\n"
)
for name, data in (("therapy", therapy), ("opps", addendum), ("ncci", units), ("ncci", pairs), ("pfs_rules", rule)):
    for at in (0, 1):
        of_source(name, known(at) | PACKED, data)
    keep("tables", data)

for text in (
    b"<html><body><main><p>One <b>two</b></p><table><tr><td>a</td></tr></table><!-- x --><script>1</script></main></body></html>",
    b"<meta http-equiv=refresh content='0; url=https://www.cms.gov/a.zip'>",
    b"%PDF-1.4\n1 0 obj <</Filter /FlateDecode /Length 3>> stream\nabc\nendstream endobj\n%%EOF",
    b"Just a moment... Checking your browser",
):
    keep("html", text)
    keep("sniff", text)

rows = b"".join(
    f"{state}{code}{mac}{locality}   B  {flag} A".encode() + b" " * 52 + b"20254\r\n"
    for state, code, mac, locality, flag in (("CA", "94110", "01112", "05", 0), ("CA", "94501", "01112", "99", 1))
)
keep("zip_codes", b"== ZIP5_OCT2025.txt\n" + rows + b"== ZIP5lyout.txt\nZip5 Record Layout\n")
keep("zip_codes", b"== ZIP5_OCT2025.txt\n" + rows + rows[:90].replace(b"05", b"06"))
keep("zip_codes", b"<a href='/files/zip/zip-code-carrier-locality-file-revised-08/14/2025.zip'>Zip Code to Carrier Locality File</a>")

# Inputs that are taken apart into alerts and facts may be any bytes.
for target in ("mail", "pages", "beliefs"):
    for size in (64, 400, 2_000):
        block = b"".join(hashlib.sha256(bytes([size % 251, at % 251])).digest() for at in range(size // 32 + 1))
        keep(target, block[:size])
