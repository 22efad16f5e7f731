-- The search index over notes, runs, reviews and ideas. Each index reads its text from its
-- table (external content) and is kept up to date by triggers, so it can be made again from
-- nothing: INSERT INTO note_search (note_search) VALUES ('rebuild'). The two prefix indexes
-- are for searching while one types.

-- Only a block of kind note has a text of its own. Where terminal sequences stand in it, as in
-- a pasted log, body_plain is the text without them: the words are to be found.
CREATE VIEW note_text AS
SELECT id, coalesce(body_plain, body) AS body FROM block WHERE kind = 'note';

CREATE VIRTUAL TABLE note_search USING fts5(
    body,
    content='note_text', content_rowid='id',
    tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
CREATE TRIGGER note_search_inserted AFTER INSERT ON block
WHEN new.kind = 'note'
BEGIN
    INSERT INTO note_search (rowid, body)
    VALUES (new.id, coalesce(new.body_plain, new.body));
END;
CREATE TRIGGER note_search_deleted AFTER DELETE ON block
WHEN old.kind = 'note'
BEGIN
    INSERT INTO note_search (note_search, rowid, body)
    VALUES ('delete', old.id, coalesce(old.body_plain, old.body));
END;
CREATE TRIGGER note_search_updated AFTER UPDATE OF body, body_plain ON block
WHEN old.kind = 'note'
BEGIN
    INSERT INTO note_search (note_search, rowid, body)
    VALUES ('delete', old.id, coalesce(old.body_plain, old.body));
    INSERT INTO note_search (rowid, body)
    VALUES (new.id, coalesce(new.body_plain, new.body));
END;

CREATE VIRTUAL TABLE run_search USING fts5(
    experiment, name, params, message, warnings, annotation,
    content='run', content_rowid='id',
    tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
CREATE TRIGGER run_search_inserted AFTER INSERT ON run
BEGIN
    INSERT INTO run_search (rowid, experiment, name, params, message, warnings, annotation)
    VALUES (new.id, new.experiment, new.name, new.params, new.message, new.warnings, new.annotation);
END;
CREATE TRIGGER run_search_deleted AFTER DELETE ON run
BEGIN
    INSERT INTO run_search (run_search, rowid, experiment, name, params, message, warnings, annotation)
    VALUES ('delete', old.id, old.experiment, old.name, old.params, old.message, old.warnings, old.annotation);
END;
CREATE TRIGGER run_search_updated AFTER UPDATE OF experiment, name, params, message, warnings, annotation ON run
BEGIN
    INSERT INTO run_search (run_search, rowid, experiment, name, params, message, warnings, annotation)
    VALUES ('delete', old.id, old.experiment, old.name, old.params, old.message, old.warnings, old.annotation);
    INSERT INTO run_search (rowid, experiment, name, params, message, warnings, annotation)
    VALUES (new.id, new.experiment, new.name, new.params, new.message, new.warnings, new.annotation);
END;

CREATE VIRTUAL TABLE review_search USING fts5(
    body,
    content='review', content_rowid='id',
    tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
CREATE TRIGGER review_search_inserted AFTER INSERT ON review
BEGIN
    INSERT INTO review_search (rowid, body)
    VALUES (new.id, new.body);
END;
CREATE TRIGGER review_search_deleted AFTER DELETE ON review
BEGIN
    INSERT INTO review_search (review_search, rowid, body)
    VALUES ('delete', old.id, old.body);
END;
CREATE TRIGGER review_search_updated AFTER UPDATE OF body ON review
BEGIN
    INSERT INTO review_search (review_search, rowid, body)
    VALUES ('delete', old.id, old.body);
    INSERT INTO review_search (rowid, body)
    VALUES (new.id, new.body);
END;

CREATE VIRTUAL TABLE idea_search USING fts5(
    title, body, origin,
    content='idea', content_rowid='id',
    tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
CREATE TRIGGER idea_search_inserted AFTER INSERT ON idea
BEGIN
    INSERT INTO idea_search (rowid, title, body, origin)
    VALUES (new.id, new.title, new.body, new.origin);
END;
CREATE TRIGGER idea_search_deleted AFTER DELETE ON idea
BEGIN
    INSERT INTO idea_search (idea_search, rowid, title, body, origin)
    VALUES ('delete', old.id, old.title, old.body, old.origin);
END;
CREATE TRIGGER idea_search_updated AFTER UPDATE OF title, body, origin ON idea
BEGIN
    INSERT INTO idea_search (idea_search, rowid, title, body, origin)
    VALUES ('delete', old.id, old.title, old.body, old.origin);
    INSERT INTO idea_search (rowid, title, body, origin)
    VALUES (new.id, new.title, new.body, new.origin);
END;
