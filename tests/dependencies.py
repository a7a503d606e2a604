#!/usr/bin/env python3
"""What comes in with the dependencies, judged by deny.toml where cargo-deny is not installed: licences, refused crates,
registries, and versions that their authors withdrew; and known weaknesses, judged by tests/advisories.toml.

usage: tests/dependencies.py              asks cargo, and the crates' registry for withdrawn versions where it can be
                                          reached; judges the weaknesses of Cargo.lock and tests/fuzz/Cargo.lock
       tests/dependencies.py LOCK...      judges only the weaknesses of these lock files, and asks nobody

The list of weaknesses is an extract of the RustSec database, as old as its head says. What became known later it does
not know: `cargo deny check advisories` asks the database itself.
"""

import concurrent.futures
import datetime
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


def ordered(version):
    """A version as something to compare. A pre-release is lower than its release; build metadata counts for nothing."""
    numbers, _, before = version.partition("+")[0].partition("-")
    parts = tuple(int(part) for part in numbers.split("."))
    assert len(parts) == 3, f"{version}: three numbers are needed"
    # In a pre-release numbers are lower than words, and the shorter of two that agree is lower.
    marks = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split("."))
    return (parts, 0, marks) if before else (parts, 1, ())


def within(version, requirement):
    """Whether a version meets a requirement such as ">=0.9.3, <0.10.0" or "^0.3.24"."""
    here = ordered(version)

    def met(part):
        sign, bound = re.fullmatch(r"(\^|=|[<>]=?) *([0-9].*)", part.strip()).groups()
        there = ordered(bound)
        if sign == "^":
            # Up to the next number at the first place that is not zero; a pre-release of that is already outside.
            place = next((place for place, number in enumerate(there[0]) if number), 2)
            end = there[0][:place] + (there[0][place] + 1,) + (0,) * (2 - place)
            return there <= here < (end, 0, ())
        return {"=": here == there, "<": here < there, "<=": here <= there, ">": here > there, ">=": here >= there}[sign]

    return all(met(part) for part in requirement.split(","))


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
    for version, requirement, expected in (
        ("0.4.16", ">=0.4.16", True),
        ("0.4.15", ">=0.4.16", False),
        ("0.4.9", ">=0.4.16", False),
        ("0.4.16-rc.1", ">=0.4.16", False),
        ("1.0.0-alpha.10", ">=1.0.0-alpha.9", True),
        ("1.0.0-alpha", ">=1.0.0-alpha.1", False),
        ("1.0.0-beta", ">=1.0.0-alpha.1, <1.0.0", True),
        ("0.10.0", ">=0.9.3, <0.10.0", False),
        ("0.9.5", ">=0.9.3, <0.10.0", True),
        ("2.1.3+zstd.1.5.7", "<=2.1.3", True),
        ("0.3.30", "^0.3.24", True),
        ("0.3.23", "^0.3.24", False),
        ("0.4.0", "^0.3.24", False),
        ("0.4.0-rc.1", "^0.3.24", False),
        ("1.9.0", "^1.8.1", True),
        ("0.0.4", "^0.0.3", False),
        ("0.2.1", "=0.2.0", False),
    ):
        assert within(version, requirement) == expected, (version, requirement)


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


def weaknesses(locks, rules):
    """What is wrong by the list of known weaknesses, what is to be noted, and a sentence on what was judged."""
    with open("tests/advisories.toml", "rb") as file:
        known = tomllib.load(file)
    locked = set()
    for lock in locks:
        with open(lock, "rb") as file:
            packages = tomllib.load(file)["package"]
        # What has no source is our own.
        locked |= {(one["name"], one["version"]) for one in packages if "source" in one}
    ignored = rules["advisories"]["ignore"]
    wrong, notes, accepted = [], [], 0
    for one in known["advisory"]:
        fine = one["patched"] + one.get("unaffected", [])
        ours = sorted(version for name, version in locked if name == one["crate"])
        hit = [version for version in ours if not any(within(version, part) for part in fine)]
        what = f"{one['id']} ({one['kind']})"
        if "accepted" in one:
            accepted += bool(hit)
            if one["id"] not in ignored:
                wrong.append(f"{what} is accepted in tests/advisories.toml, but deny.toml does not ignore it")
            if not hit:
                notes.append(f"{what} is accepted, but hits {one['crate']} no longer: take the reason out")
            continue
        for version in hit:
            better = f"Take {' or '.join(fine)} (cargo update)" if fine else "There is none without it: replace it"
            wrong.append(
                f"{one['crate']} {version}: {what}: {one['title']}. {better}, or say in tests/advisories.toml why it "
                f"does not reach us. https://rustsec.org/advisories/{one['id']}.html"
            )
    for name in sorted({name for name, _ in locked} - set(known["looked_for"])):
        notes.append(f"the weaknesses of {name} were not looked for: https://rustsec.org/packages/{name}.html")
    age = (datetime.date.today() - known["state"]).days
    if age > 90:
        # Only a note: no test begins to fail because time passes.
        notes.append(f"the list of weaknesses is {age} days old: `cargo deny check advisories`, and renew it")
    said = f"{len(locked)} locked crates judged by {len(known['advisory'])} known weaknesses, {accepted} accepted"
    return wrong, notes, f"{said}; the list ends with {known['newest']} of {known['state']}"


def main():
    selfcheck()
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    wrong, notes, judged = weaknesses(sys.argv[1:] or ("Cargo.lock", "tests/fuzz/Cargo.lock"), rules)
    if sys.argv[1:]:
        finish(wrong, notes, judged)
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
    asked = sum(state is not None for state in states)
    if asked == 0 and os.environ.get("CI") == "true":
        wrong.append("the registry could not be asked")
    licensed = f"{len(crates)} crates: licences, registries and refusals judged, {asked} asked for withdrawal"
    finish(wrong, notes, f"{licensed}; {judged}")


def finish(wrong, notes, judged):
    for line in notes:
        print(f"NOTE {line}")
    for line in wrong:
        print(f"NOT {line}")
    print(f"{judged}; {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


main()
