-- Messages that tell no single alert: digests, reminders, the weekly one; and who acknowledged what.

CREATE TABLE deliveries_with_letters (
    id TEXT PRIMARY KEY NOT NULL,
    alert TEXT REFERENCES alerts (id),  -- NULL: a message that tells no single alert
    purpose TEXT NOT NULL CHECK (purpose IN ('alert', 'digest', 'reminder', 'weekly')),
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    message BLOB NOT NULL,
    created TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead', 'gathered')),
    next_at TEXT,                       -- of a pending row: not before
    gathers INTEGER NOT NULL CHECK (gathers IN (0, 1)), -- 1: told in one message with what else is due then
    within TEXT REFERENCES deliveries (id), -- of a gathered row: the digest that tells it
    CHECK ((state = 'pending') = (next_at IS NOT NULL)),
    CHECK ((state = 'gathered') = (within IS NOT NULL))
) STRICT;
INSERT INTO deliveries_with_letters
    SELECT id, alert, 'alert', channel, recipient, sender, message_id, subject, message, created, state, next_at, 0, NULL
    FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_with_letters RENAME TO deliveries;
CREATE INDEX deliveries_alert ON deliveries (alert);
CREATE INDEX deliveries_pending ON deliveries (next_at) WHERE state = 'pending';
CREATE INDEX deliveries_created ON deliveries (created);
CREATE INDEX deliveries_purpose ON deliveries (purpose, recipient, created) WHERE purpose <> 'alert';
CREATE INDEX deliveries_within ON deliveries (within) WHERE within IS NOT NULL;

-- Who has seen an alert and takes care of it. The first one counts; all of them stay.
CREATE TABLE acknowledgements (
    alert TEXT NOT NULL REFERENCES alerts (id),
    person TEXT NOT NULL,
    note TEXT NOT NULL,
    at TEXT NOT NULL,
    via TEXT NOT NULL CHECK (via IN ('command', 'page')),
    PRIMARY KEY (alert, person, at)
) STRICT;

-- Keys of this installation, made when they are first needed.
CREATE TABLE secrets (
    name TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT;
