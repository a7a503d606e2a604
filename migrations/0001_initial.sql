-- The first form of the database.
--
-- Days are 'YYYY-MM-DD', instants RFC 3339 in UTC with nine decimals (so that text order is time
-- order), hashes 64 lower-case hex digits, amounts decimal text. Nothing here is ever deleted; what
-- may be updated says so.

-- Bytes that were captured; the bytes themselves are in the blob folder under the same hash.
CREATE TABLE documents (
    hash TEXT PRIMARY KEY NOT NULL,
    length INTEGER                      -- bytes; NULL until an answer with a body is recorded
) STRICT;

-- Answers of servers: when and whence a document came.
CREATE TABLE captures (
    id INTEGER PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    final_url TEXT NOT NULL,
    at TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,              -- JSON array of [name, value]
    document TEXT REFERENCES documents (hash),
    tag TEXT,
    etag TEXT,                          -- validators for the next request; both NULL: none
    last_modified TEXT
) STRICT;
CREATE INDEX captures_url ON captures (url, at);
CREATE INDEX captures_document ON captures (document, at);

-- What statements speak of, and what they say: interned, because rows repeat from release to release.
CREATE TABLE topics (
    id INTEGER PRIMARY KEY NOT NULL,
    subject_kind TEXT NOT NULL,         -- service, policy, schedule
    subject TEXT NOT NULL,
    place TEXT NOT NULL,                -- national, locality:01112-05, contractor:01112
    stage TEXT NOT NULL,                -- in_force, proposed:CMS-1848-P, final:CMS-1848-F
    UNIQUE (subject, subject_kind, place, stage)
) STRICT;

CREATE TABLE payloads (
    id INTEGER PRIMARY KEY NOT NULL,
    digest BLOB NOT NULL UNIQUE,        -- SHA-256 of the content
    content TEXT NOT NULL               -- JSON object {attribute id: value}, keys sorted, absent is null
) STRICT;

-- Documents read in full. A higher extractor version makes a new row; `current` of the old one becomes 0.
-- Bytes that come back after others (a page that goes from A to B to A) are another posting, learned later.
CREATE TABLE readings (
    id INTEGER PRIMARY KEY NOT NULL,
    document TEXT NOT NULL REFERENCES documents (hash),
    source TEXT NOT NULL,
    unit TEXT NOT NULL,
    edition TEXT NOT NULL,
    begins TEXT NOT NULL,
    repost TEXT NOT NULL,               -- replaces, amends
    url TEXT NOT NULL,
    published TEXT NOT NULL,
    learned TEXT NOT NULL,
    extractor INTEGER NOT NULL,
    current INTEGER NOT NULL CHECK (current IN (0, 1)),
    read_at TEXT NOT NULL,
    unlisted_from TEXT,                 -- what a full list says of services that it does not name
    unlisted_payload INTEGER REFERENCES payloads (id),
    unlisted_locator TEXT,
    UNIQUE (document, source, unit, learned, extractor)
) STRICT;
CREATE UNIQUE INDEX readings_current ON readings (document, source, unit, learned) WHERE current = 1;
CREATE INDEX readings_unit ON readings (source, unit, learned);
CREATE INDEX readings_published ON readings (published);
CREATE INDEX readings_learned ON readings (learned);

-- The watches a reading was made for: a newly watched code adds statements and a row here.
CREATE TABLE reading_watches (
    reading INTEGER NOT NULL REFERENCES readings (id),
    watch TEXT NOT NULL,
    read_at TEXT NOT NULL,
    PRIMARY KEY (reading, watch)
) STRICT;

CREATE TABLE statements (
    id INTEGER PRIMARY KEY NOT NULL,
    reading INTEGER NOT NULL REFERENCES readings (id),
    topic INTEGER NOT NULL REFERENCES topics (id),
    from_day TEXT NOT NULL,
    payload INTEGER NOT NULL REFERENCES payloads (id),
    locator TEXT NOT NULL,
    quote TEXT NOT NULL
) STRICT;
CREATE INDEX statements_topic ON statements (topic, from_day, reading);
CREATE INDEX statements_reading ON statements (reading, topic);

-- What is told, with the header of its message.
CREATE TABLE alerts (
    id TEXT PRIMARY KEY NOT NULL,
    raised TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('change', 'operator')),
    severity TEXT,                      -- change: greatest severity
    source_title TEXT,
    edition TEXT,
    document TEXT REFERENCES documents (hash),
    url TEXT,
    published TEXT,
    captured TEXT,
    problem_source TEXT,                -- operator: the problem that began or ended
    problem_subject TEXT,
    problem_kind TEXT,
    problem_text TEXT,
    problem_remedy TEXT,
    since TEXT,
    recovered INTEGER
) STRICT;
CREATE INDEX alerts_raised ON alerts (raised);

-- What moved. `alert` is filled in when a change that was history is told after all.
CREATE TABLE changes (
    id TEXT PRIMARY KEY NOT NULL,
    recorded TEXT NOT NULL,
    source TEXT NOT NULL,
    topic INTEGER NOT NULL REFERENCES topics (id),
    attribute TEXT NOT NULL,
    from_day TEXT NOT NULL,
    until_day TEXT,                     -- NULL: open
    was TEXT,                           -- as in payloads; NULL: not observed
    now TEXT,
    severity TEXT NOT NULL,
    alert TEXT REFERENCES alerts (id)
) STRICT;
CREATE INDEX changes_recorded ON changes (recorded);
CREATE INDEX changes_topic ON changes (topic);
CREATE INDEX changes_alert ON changes (alert);

-- The facts behind a change, by themselves: `show` needs neither the document nor its reader.
CREATE TABLE change_evidence (
    change TEXT NOT NULL REFERENCES changes (id),
    side TEXT NOT NULL CHECK (side IN ('before', 'after')),
    source TEXT NOT NULL,
    edition TEXT NOT NULL,
    begins TEXT NOT NULL,
    repost TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES documents (hash),
    url TEXT NOT NULL,
    published TEXT NOT NULL,
    learned TEXT NOT NULL,
    from_day TEXT NOT NULL,
    locator TEXT NOT NULL,
    quote TEXT NOT NULL,
    PRIMARY KEY (change, side)
) STRICT;

-- Which changes an alert tells, in order, and which it only names as look-alikes.
CREATE TABLE alert_changes (
    alert TEXT NOT NULL REFERENCES alerts (id),
    change TEXT NOT NULL REFERENCES changes (id),
    position INTEGER NOT NULL,
    look_alike INTEGER NOT NULL CHECK (look_alike IN (0, 1)),
    PRIMARY KEY (alert, change)
) STRICT;

-- The outbox: one rendered message per alert, channel and recipient. `state` and `next_at` follow
-- the attempts.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    alert TEXT NOT NULL REFERENCES alerts (id),
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    message BLOB NOT NULL,
    created TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    next_at TEXT,                       -- of a pending row: not before
    CHECK ((state = 'pending') = (next_at IS NOT NULL))
) STRICT;
CREATE INDEX deliveries_alert ON deliveries (alert);
CREATE INDEX deliveries_pending ON deliveries (next_at) WHERE state = 'pending';
CREATE INDEX deliveries_created ON deliveries (created);

CREATE TABLE attempts (
    delivery TEXT NOT NULL REFERENCES deliveries (id),
    at TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'deferred', 'refused')),
    words TEXT NOT NULL,
    next_at TEXT,
    PRIMARY KEY (delivery, at)
) STRICT;

-- Episodes of trouble: an open one is updated until it is closed.
CREATE TABLE problems (
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    since TEXT NOT NULL,
    text TEXT NOT NULL,
    remedy TEXT NOT NULL,
    times INTEGER NOT NULL,
    told TEXT,
    closed TEXT,                        -- NULL: open
    PRIMARY KEY (source, subject, kind, since)
) STRICT;
CREATE UNIQUE INDEX problems_open ON problems (source, subject, kind) WHERE closed IS NULL;

-- How each source stands (updated by every check), and what its lists have ever named.
CREATE TABLE sources (
    id TEXT PRIMARY KEY NOT NULL,
    last_checked TEXT NOT NULL,
    last_good TEXT,
    next_due TEXT NOT NULL,
    first_listed TEXT,                  -- the first complete discovery, set once
    last_listed TEXT
) STRICT;

CREATE TABLE units (
    source TEXT NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,
    baseline INTEGER NOT NULL CHECK (baseline IN (0, 1)),
    first_listed TEXT NOT NULL,
    last_listed TEXT NOT NULL,
    PRIMARY KEY (source, name)
) STRICT;
