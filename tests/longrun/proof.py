"""What was told against what was true: changes by the program's own list, and by the mails that arrived."""

import collections
import datetime
import email
import email.policy
import email.utils
import re

from story import ADMINISTRATIVE, COVERAGE, KEPT, WEIGHTS

UTC = datetime.timezone.utc
# How a mail names the alert that it tells.
TELLS = re.compile(r"coverd changes --alert ([0-9a-f]+)")
# What follows from the words of a determination, and is told with them.
DERIVED = ("limits", "mentions")


class Mismatch(Exception):
    """What was promised was not seen."""


def recorded(row):
    return datetime.datetime.fromisoformat(row["recorded"].replace("Z", "+00:00"))


def day_of(text):
    return datetime.date.fromisoformat(text)


def matched(rows, truth):
    """Which truth each row of `coverd changes` is, by place in the list; the truths that are left; the false rows."""
    left = list(range(len(truth)))
    found, false, derived = {}, [], []
    for row in sorted(rows, key=recorded):
        if recorded(row).date() < truth_begins(truth) and not row["alert"]:
            continue  # the first reading of everything
        if row["attribute"] in DERIVED:
            derived.append(row)
            continue
        # The last that it can be: words that come back are another change than the last time.
        place = next((place for place in reversed(left) if is_about(row, truth[place])), None)
        if place is None or not is_same(row, truth[place]):
            false.append(row)
        else:
            left.remove(place)
            found[row["id"]] = place
    alerts = {row["alert"] for row in rows if row["id"] in found}
    false += [row for row in derived if row["alert"] not in alerts]
    return found, [truth[place] for place in left], false


def must_match(rows, truth):
    """As `matched`, where everything must be."""
    found, missing, false = matched(rows, truth)
    if false or missing:
        raise Mismatch(
            f"{len(missing)} of {len(truth)} not told: {'; '.join(map(str, missing[:5]))}; "
            f"{len(false)} told that are not so: {'; '.join(map(brief, false[:6]))}"
        )
    return found


def truth_begins(truth):
    return min((change.day for change in truth), default=datetime.date.max)


def brief(row):
    cut = {key: str(row[key])[:60] for key in ("subject", "attribute", "was", "now", "from", "edition", "recorded")}
    return " ".join(f"{key}={text!r}" for key, text in cut.items())


def value(text):
    """A value as the list writes it, in the words of the story."""
    return "" if text in (None, "blank") else text


def is_about(row, change):
    """Whether the values are those of the change, and it was found after it happened."""
    if (row["subject"], row["attribute"]) != (change.subject, change.attribute):
        return False
    was, now = value(row["was"]), value(row["now"])
    found = recorded(row).date()
    if change.by_capture:
        return change.day <= found and change.was in was and change.now in now
    return change.day <= found and (was, now) == (change.was, change.now)


def is_same(row, change):
    """Whether the first day of service is that of the change, too."""
    first = day_of(row["from"])
    return change.first <= first <= recorded(row).date() if change.by_capture else first == change.first


class Letters:
    """The mails that arrived, read."""

    def __init__(self, taken):
        self.all = []
        for place, (name, to, text, told) in enumerate(taken):
            message = email.message_from_bytes(text, policy=email.policy.default)
            body = message.get_body(("plain",)).get_content()
            self.all.append(
                {
                    "place": place,
                    "name": name,
                    "to": to,
                    "bytes": text,
                    "told": told,
                    "subject": " ".join(message["Subject"].split()),
                    "arrived": taken.hours[place],
                    "at": email.utils.parsedate_to_datetime(message["Date"]).astimezone(UTC),
                    "alerts": TELLS.findall(body),
                    "body": body,
                }
            )

    def once(self, of_a_kill, of_a_restore):
        """The letters without copies, and how many copies there are.

        A copy has the Message-ID of one whose acceptance was not recorded: the server did not say so, or coverd was
        killed; then it has the same bytes. Or the store was put back to a day before it: then it may also be written
        anew, of another capture. The two functions say so of the places of a letter and its copy."""
        first, kept, copies = {}, [], 0
        for letter in self.all:
            key = (letter["name"], letter["to"])
            before = first.get(key)
            first[key] = letter
            if before is None:
                kept.append(letter)
                continue
            places = (before["place"], letter["place"])
            copies += 1
            if of_a_restore(*places):
                continue
            if before["bytes"] != letter["bytes"]:
                raise Mismatch(f"{key} came again with other bytes: {letter['subject']}")
            if before["told"] and not of_a_kill(*places):
                raise Mismatch(f"{key} came again although its acceptance was recorded: {letter['subject']}")
        return kept, copies


def tellings(letters, rows, found, truth, people, twice, forgotten):
    """Every change was told to everybody who wants to hear of it, once. `twice(at)`: what was found then may have been
    told again, because the store was put back to a day before it. `forgotten`: alerts that were lost so, with what of
    them waited; what they told was found again as another alert. Returns how many tellings there were."""
    wrong, expected = [], 0
    alerts = {row["alert"] for row in rows if row["alert"]}
    seen = collections.Counter()
    for letter in letters:
        for short in letter["alerts"]:
            whole = [alert for alert in alerts if alert.startswith(short)]
            if len(whole) == 1:
                seen[(letter["to"], whole[0])] += 1
            else:
                wrong.append(f"'{letter['subject']}' to {letter['to']} tells {short}, which is no alert of a change")
    by_alert = collections.defaultdict(list)
    for row in rows:
        if row["alert"] and row["id"] in found and truth[found[row["id"]]].weight > KEPT:
            by_alert[row["alert"]].append(row)
    for alert, told in by_alert.items():
        at = min(recorded(row) for row in told)
        weight = max(WEIGHTS[row["severity"]] for row in told)
        real = max(truth[found[row["id"]]].weight for row in told)
        if weight != real:
            wrong.append(f"alert {alert[:8]} weighs {weight}, not {real}: {brief(told[0])}")
        for address in sorted({person.address for person in people}):
            number = seen.pop((address, alert), 0)
            # Somebody may have been there more than once.
            wanted = any(one.is_told(real, at) for one in people if one.address == address)
            expected += wanted
            if alert in forgotten and not number:
                continue
            if wanted != bool(number) or (number > 1 and not twice(at)):
                wrong.append(f"{address} was told {number} times, not {int(wanted)}, of {brief(told[0])}")
    silent = [truth[found[row["id"]]] for row in rows if row["id"] in found and not row["alert"]]
    wrong += [f"in the list and told to nobody: {change}" for change in silent if change.weight > ADMINISTRATIVE]
    for (to, alert), _ in seen.items():
        rest = [row for row in rows if row["alert"] == alert]
        wrong.append(f"{to} was told of what is not so: {brief(rest[0])}")
    if wrong:
        raise Mismatch(f"{len(wrong)}: {'; '.join(wrong[:6])}")
    return expected


def digests(letters, rows, person, zone, is_excused):
    """Who asked for a daily digest gets at most one message a day, beside those about coverage."""
    weights = collections.defaultdict(int)
    for row in rows:
        if row["alert"]:
            weights[row["alert"]] = max(weights[row["alert"]], WEIGHTS[row["severity"]])
    days = collections.Counter()
    for letter in letters:
        if letter["to"] != person or is_excused(letter["arrived"]):
            continue
        told = [weights[alert] for alert in weights if alert.startswith(tuple(letter["alerts"]))]
        if len(told) > 1 or max(told, default=0) < COVERAGE:
            days[letter["arrived"].astimezone(zone).date()] += 1
    often = [str(day) for day, number in days.items() if number > 1]
    if often:
        raise Mismatch(f"more than one on {often[:5]}")
    return f"{sum(days.values())} messages"
