-- How units stand of which only news is kept (configured pages): what they said last, and how often
-- they have said the same since. One row a unit, updated by every check.
CREATE TABLE standings (
    source TEXT NOT NULL,
    unit TEXT NOT NULL,
    url TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES documents (hash),
    said TEXT NOT NULL,                 -- digest of what the unit says
    extractor INTEGER NOT NULL,
    watch TEXT NOT NULL,
    since TEXT NOT NULL,                -- capture of the document
    at TEXT NOT NULL,                   -- last answer that said it
    full_at TEXT NOT NULL,              -- last of them that was no 304
    times INTEGER NOT NULL,
    etag TEXT,
    last_modified TEXT,
    PRIMARY KEY (source, unit)
) STRICT;

-- Long texts are kept compressed: `packed` in place of `content`, which is then empty. With `base`, the
-- frame refers to the content of that payload, which has no base itself.
ALTER TABLE payloads ADD COLUMN packed BLOB;
ALTER TABLE payloads ADD COLUMN base INTEGER REFERENCES payloads (id);
