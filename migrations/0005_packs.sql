-- Nothing in the database changes. Documents of configured pages may now lie in files of many
-- (documents/packs); a program that does not know them would miss the proof of what it says, so it must not
-- open this store.
SELECT 1;
