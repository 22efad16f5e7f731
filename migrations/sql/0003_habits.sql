-- The habits around the review: time, reading, published values, and how far a review has come.

CREATE TABLE time_span (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    thread_id INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    from_zone TEXT NOT NULL,
    to_us INTEGER,
    to_zone TEXT,
    source TEXT NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    CONSTRAINT fk_time_span_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT ck_time_span_source CHECK (source IN ('timed', 'entered')),
    CONSTRAINT ck_time_span_order CHECK (to_us > from_us)
) STRICT;

CREATE TABLE reading (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    edited_us INTEGER NOT NULL,
    edited_zone TEXT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    kind TEXT NOT NULL,
    state TEXT DEFAULT 'to read' NOT NULL,
    title TEXT NOT NULL,
    authors TEXT DEFAULT '' NOT NULL,
    identifier TEXT DEFAULT '' NOT NULL,
    thread_id INTEGER,
    ended_us INTEGER,
    ended_zone TEXT,
    deleted_us INTEGER,
    deleted_zone TEXT,
    body TEXT DEFAULT '' NOT NULL,
    CONSTRAINT fk_reading_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT ck_reading_kind CHECK (kind IN ('paper', 'thesis', 'chapter', 'book')),
    CONSTRAINT ck_reading_state CHECK (state IN ('to read', 'reading', 'read', 'dropped')),
    CONSTRAINT ck_reading_ended CHECK ((ended_us IS NULL) = (state IN ('to read', 'reading'))),
    CONSTRAINT ck_reading_version CHECK (version >= 1)
) STRICT;

CREATE TABLE reading_run (
    reading_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    CONSTRAINT pk_reading_run PRIMARY KEY (reading_id, run_id),
    CONSTRAINT fk_reading_run_reading_id FOREIGN KEY(reading_id) REFERENCES reading (id),
    CONSTRAINT fk_reading_run_run_id FOREIGN KEY(run_id) REFERENCES run (id)
) WITHOUT ROWID, STRICT;

CREATE TABLE published (
    run_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    uncertainty REAL,
    source TEXT NOT NULL,
    CONSTRAINT pk_published PRIMARY KEY (run_id, position),
    CONSTRAINT fk_published_run_id FOREIGN KEY(run_id) REFERENCES run (id)
) WITHOUT ROWID, STRICT;

CREATE TABLE review_closing (
    review_id INTEGER NOT NULL,
    closed_us INTEGER NOT NULL,
    closed_zone TEXT NOT NULL,
    left_open INTEGER NOT NULL,
    CONSTRAINT pk_review_closing PRIMARY KEY (review_id),
    CONSTRAINT fk_review_closing_review_id FOREIGN KEY(review_id) REFERENCES review (id),
    CONSTRAINT ck_review_closing_left_open CHECK (left_open >= 0)
) STRICT;

CREATE TABLE block_read (
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL,
    block_id INTEGER NOT NULL,
    CONSTRAINT pk_block_read PRIMARY KEY (from_day, to_day, block_id),
    CONSTRAINT fk_block_read_block_id FOREIGN KEY(block_id) REFERENCES block (id)
) WITHOUT ROWID, STRICT;

CREATE INDEX ix_time_span_from_us ON time_span (from_us);
CREATE UNIQUE INDEX uq_time_span_running ON time_span (to_us IS NULL) WHERE to_us IS NULL;
CREATE INDEX ix_reading_run_run_id ON reading_run (run_id);
