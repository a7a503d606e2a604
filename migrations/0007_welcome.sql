-- Messages that show a new recipient, once, what coverd says: another purpose, for which the table is built anew.

CREATE TABLE deliveries_with_welcome (
    id TEXT PRIMARY KEY NOT NULL,
    alert TEXT REFERENCES alerts (id),  -- NULL: a message that tells no single alert
    purpose TEXT NOT NULL CHECK (purpose IN ('alert', 'digest', 'reminder', 'weekly', 'welcome')),
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
INSERT INTO deliveries_with_welcome
    SELECT id, alert, purpose, channel, recipient, sender, message_id, subject, message, created, state, next_at, gathers, within
    FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_with_welcome RENAME TO deliveries;
CREATE INDEX deliveries_alert ON deliveries (alert);
CREATE INDEX deliveries_pending ON deliveries (next_at) WHERE state = 'pending';
CREATE INDEX deliveries_created ON deliveries (created);
CREATE INDEX deliveries_purpose ON deliveries (purpose, recipient, created) WHERE purpose <> 'alert';
CREATE INDEX deliveries_within ON deliveries (within) WHERE within IS NOT NULL;
