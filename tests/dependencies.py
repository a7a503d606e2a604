#!/usr/bin/env python3
"""What comes in with the dependencies, judged by deny.toml where cargo-deny is not installed: licences, refused crates,
registries, and versions that their authors withdrew.

usage: tests/dependencies.py      asks cargo, and the crates' registry for withdrawn versions where it can be reached

Known weaknesses (RUSTSEC) it cannot judge: their list is in a git repository. `cargo deny check advisories` does.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tomllib
import urllib.request


def tokens(expression):
    return re.findall(r"\(|\)|AND|OR|WITH|[^\s()/]+|/", expression)


def allowed(expression, permits):
    """Whether an SPDX expression can be met with licences for which `permits` is true. A slash is an old OR."""
    words = tokens(expression)

    def either():
        met = both()
        while words and words[0] in ("OR", "/"):
            words.pop(0)
            # Both sides are read, whatever the first says.
            other = both()
            met = met or other
        return met

    def both():
        met = one()
        while words and words[0] == "AND":
            words.pop(0)
            other = one()
            met = met and other
        return met

    def one():
        word = words.pop(0)
        if word == "(":
            met = either()
            assert words.pop(0) == ")", expression
            return met
        if words and words[0] == "WITH":
            words.pop(0)
            # An exception only ever permits more.
            words.pop(0)
        return permits(word)

    met = either()
    assert not words, f"{expression}: {words} is left"
    return met


def selfcheck():
    for expression, of, expected in (
        ("MIT OR Apache-2.0", {"MIT"}, True),
        ("MIT/Apache-2.0", {"Apache-2.0"}, True),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", {"MIT"}, False),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", {"MIT", "Unicode-3.0"}, True),
        ("Apache-2.0 WITH LLVM-exception OR MIT", {"MIT"}, True),
        ("GPL-3.0-only", {"MIT"}, False),
        ("MIT AND GPL-2.0-only OR ISC", {"MIT"}, False),
    ):
        assert allowed(expression, of.__contains__) == expected, expression


def withdrawn(crate):
    """Whether the registry says that this version was withdrawn; None where it cannot be asked."""
    name, version = crate
    place = {1: "1/{0}", 2: "2/{0}", 3: "3/{0[0]}/{0}"}.get(len(name), "{0[0]}{0[1]}/{0[2]}{0[3]}/{0}").format(name.lower())
    try:
        with urllib.request.urlopen(f"https://index.crates.io/{place}", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return None
    return any(one["yanked"] for one in map(json.loads, lines) if one["vers"] == version)


def main():
    selfcheck()
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    # What is only for other systems, or for features that nobody switches on, is not part of coverd.
    built = set()
    for target in rules["graph"]["targets"]:
        tree = ["cargo", "tree", "--locked", "--edges", "all", "--target", target, "--prefix", "none", "--format", "{p}"]
        said = subprocess.run(tree, check=True, capture_output=True, text=True)
        built |= {tuple(line.split()[:2]) for line in said.stdout.splitlines() if line}
    metadata = ["cargo", "metadata", "--locked", "--format-version", "1"]
    said = subprocess.run(metadata, check=True, capture_output=True)
    packages = [one for one in json.loads(said.stdout)["packages"] if one["source"]]
    packages = [one for one in packages if (one["name"], f"v{one['version']}") in built]
    general = set(rules["licenses"]["allow"])
    special = {one["crate"]: set(one["allow"]) for one in rules["licenses"].get("exceptions", ())}
    refused = {one["crate"]: one["reason"] for one in rules["bans"]["deny"]}
    wrong = []
    for package in packages:
        name, licence = package["name"], package["license"]
        what = f"{name} {package['version']}"
        own = general | special.get(name, set())
        if not licence:
            wrong.append(f"{what} names no licence")
        elif not allowed(licence, own.__contains__):
            wrong.append(f"{what}: {licence} is not permitted by deny.toml")
        if name in refused:
            wrong.append(f"{what} is refused: {refused[name]}")
        if package["source"] != "registry+https://github.com/rust-lang/crates.io-index":
            wrong.append(f"{what} comes from {package['source']}")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        crates = sorted({(package["name"], package["version"]) for package in packages})
        states = list(pool.map(withdrawn, crates))
    wrong += [f"{name} {version} was withdrawn by its authors" for (name, version), state in zip(crates, states) if state]
    for line in wrong:
        print(f"NOT {line}")
    asked = sum(state is not None for state in states)
    print(f"{len(crates)} crates: licences, registries and refusals judged, {asked} asked for withdrawal, {len(wrong)} wrong")
    if asked == 0 and os.environ.get("CI") == "true":
        print("NOT the registry could not be asked")
        sys.exit(1)
    sys.exit(1 if wrong else 0)


main()
