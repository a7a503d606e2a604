"""Feed and calendar, read by real clients' libraries.

    python feeds.py http://127.0.0.1:8787
"""

import sys
import urllib.request

import feedparser
import icalendar

BASE = sys.argv[1]


def fetch(path: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(BASE + path) as answer:
        return answer.headers["content-type"], answer.read()


kind, body = fetch("/feed.atom")
assert kind == "application/atom+xml; charset=utf-8", kind
feed = feedparser.parse(body, response_headers={"content-type": kind})
assert not feed.bozo, feed.bozo_exception
assert feed.version == "atom10", feed.version
for key in ("id", "title", "updated", "author"):
    assert feed.feed.get(key), f"the feed has no {key}"
assert len(feed.entries) > 20, len(feed.entries)
ids = [entry.id for entry in feed.entries]
assert len(set(ids)) == len(ids), "an id stands twice"
for entry in feed.entries:
    assert entry.title and entry.updated_parsed and entry.link.startswith("http"), entry
    assert entry.content[0].type == "text/plain" and len(entry.content[0].value) > 100, entry.id

kind, body = fetch("/calendar.ics")
assert kind == "text/calendar; charset=utf-8", kind
assert all(len(line) <= 75 for line in body.split(b"\r\n")), "a line is too long"
assert b"\n" not in body.replace(b"\r\n", b""), "a line end is not CRLF"
calendar = icalendar.Calendar.from_ical(body)
assert calendar["version"] == "2.0" and calendar["prodid"], calendar
events = list(calendar.walk("VEVENT"))
assert len(events) > 3, len(events)
for event in events:
    assert not event.errors, (event.errors, event)
    begins, ends = event["dtstart"].dt, event["dtend"].dt
    assert (ends - begins).days == 1, f"{event['uid']} lasts from {begins} to {ends}"
    assert event["dtstamp"].dt.tzinfo is not None and event["summary"], event
uids = [str(event["uid"]) for event in events]
assert len(set(uids)) == len(uids), "a uid stands twice"
assert {"comments close", "rule effective"} <= {str(event["summary"]).split(":")[0] for event in events}
print(f"feedparser reads {len(feed.entries)} entries, icalendar {len(events)} events")
