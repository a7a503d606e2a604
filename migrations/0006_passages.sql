-- Paragraphs of rules, policies and transmittals by themselves, each once for its topic and attribute, so that
-- their words can be searched; filled by the program for what was read before. Texts of configured pages are not
-- among them: they are long, and only their changes are news.

CREATE TABLE passages (
    id INTEGER PRIMARY KEY NOT NULL,
    topic INTEGER NOT NULL REFERENCES topics (id),
    attribute TEXT NOT NULL,
    digest BLOB NOT NULL,               -- SHA-256 of the text
    reading INTEGER NOT NULL REFERENCES readings (id),  -- the first that says it
    text TEXT NOT NULL,
    UNIQUE (topic, attribute, digest)
) STRICT;

-- Full text is SQLite's own; another engine has its own kind of index here.
CREATE VIRTUAL TABLE passage_words USING fts5 (
    text, content = 'passages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
