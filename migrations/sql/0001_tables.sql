-- The notebook's first schema. Each table is STRICT and each constraint has a name. An instant
-- is a pair of columns, microseconds since 1970 (UTC) and the zone's name; a day is text,
-- YYYY-MM-DD; lists and mappings are JSON.

CREATE TABLE entry (
    day TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    CONSTRAINT pk_entry PRIMARY KEY (day),
    CONSTRAINT ck_entry_day CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND
        day IS date(day, '+0 days'))
) STRICT;

CREATE TABLE thread (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    goal TEXT DEFAULT '' NOT NULL,
    kind TEXT,
    importance REAL,
    state TEXT DEFAULT 'active' NOT NULL,
    outcome TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_thread PRIMARY KEY (id),
    CONSTRAINT uq_thread_name UNIQUE (name),
    CONSTRAINT ck_thread_kind CHECK (kind IN ('goal-driven', 'idea', 'exploration',
        'learning')),
    CONSTRAINT ck_thread_state CHECK (state IN ('active', 'paused', 'delivered', 'dead_end',
        'left'))
) STRICT;

CREATE TABLE environment (
    id INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT pk_environment PRIMARY KEY (id),
    CONSTRAINT uq_environment_sha256 UNIQUE (sha256)
) STRICT;

CREATE TABLE run (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    experiment TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    state TEXT NOT NULL,
    day TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    started_us INTEGER,
    started_zone TEXT,
    ended_us INTEGER,
    ended_zone TEXT,
    thread_id INTEGER,
    parent_id INTEGER,
    environment_id INTEGER,
    seed INTEGER,
    backend_asked TEXT DEFAULT '' NOT NULL,
    backend TEXT DEFAULT '' NOT NULL,
    backend_reason TEXT DEFAULT '' NOT NULL,
    device TEXT DEFAULT '' NOT NULL,
    host TEXT DEFAULT '' NOT NULL,
    owner TEXT DEFAULT '' NOT NULL,
    worker TEXT DEFAULT '' NOT NULL,
    heartbeat_us INTEGER,
    events_offset INTEGER DEFAULT 0 NOT NULL,
    progress_done REAL,
    progress_total REAL,
    duration_s REAL,
    exit_code INTEGER,
    signal INTEGER,
    peak_memory_bytes INTEGER,
    git_commit TEXT,
    git_branch TEXT DEFAULT '' NOT NULL,
    git_dirty INTEGER DEFAULT 0 NOT NULL,
    git_root TEXT DEFAULT '' NOT NULL,
    is_pinned INTEGER DEFAULT 0 NOT NULL,
    deleted_us INTEGER,
    deleted_zone TEXT,
    params TEXT NOT NULL,
    message TEXT DEFAULT '' NOT NULL,
    annotation TEXT DEFAULT '' NOT NULL,
    warnings TEXT DEFAULT '[]' NOT NULL,
    CONSTRAINT fk_run_day FOREIGN KEY(day) REFERENCES entry (day),
    CONSTRAINT fk_run_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT fk_run_parent_id FOREIGN KEY(parent_id) REFERENCES run (id),
    CONSTRAINT fk_run_environment_id FOREIGN KEY(environment_id) REFERENCES environment (id),
    CONSTRAINT ck_run_state CHECK (state IN ('queued', 'starting', 'running', 'finishing',
        'finished', 'failed', 'cancelled', 'timed_out', 'lost')),
    CONSTRAINT ck_run_ended CHECK ((ended_us IS NULL) = (state IN ('queued', 'starting',
        'running', 'finishing'))),
    CONSTRAINT ck_run_events_offset CHECK (events_offset >= 0),
    CONSTRAINT ck_run_git_dirty CHECK (git_dirty IN (0, 1)),
    CONSTRAINT ck_run_is_pinned CHECK (is_pinned IN (0, 1))
) STRICT;

CREATE TABLE metric (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    step INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value REAL,
    is_last INTEGER NOT NULL,
    CONSTRAINT pk_metric PRIMARY KEY (id),
    CONSTRAINT fk_metric_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT ck_metric_kind CHECK (kind IN ('number', 'nan', 'inf', '-inf')),
    CONSTRAINT ck_metric_value CHECK ((kind = 'nan') = (value IS NULL)),
    CONSTRAINT ck_metric_is_last CHECK (is_last IN (0, 1))
) STRICT;

CREATE TABLE artifact (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    CONSTRAINT pk_artifact PRIMARY KEY (id),
    CONSTRAINT fk_artifact_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT uq_artifact_run_id_position UNIQUE (run_id, position),
    CONSTRAINT ck_artifact_kind CHECK (kind IN ('table', 'figure', 'series', 'file')),
    CONSTRAINT ck_artifact_sha256 CHECK (length(sha256) = 64),
    CONSTRAINT ck_artifact_size_bytes CHECK (size_bytes >= 0)
) STRICT;

CREATE TABLE block (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    edited_us INTEGER NOT NULL,
    edited_zone TEXT NOT NULL,
    thread_id INTEGER,
    conflict_of INTEGER,
    run_id INTEGER,
    role TEXT,
    deleted_us INTEGER,
    deleted_zone TEXT,
    body_sha256 TEXT,
    body TEXT,
    body_plain TEXT,
    CONSTRAINT fk_block_day FOREIGN KEY(day) REFERENCES entry (day),
    CONSTRAINT fk_block_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT fk_block_conflict_of FOREIGN KEY(conflict_of) REFERENCES block (id),
    CONSTRAINT fk_block_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT uq_block_run_id_role UNIQUE (run_id, role),
    CONSTRAINT ck_block_kind CHECK (kind IN ('note', 'run', 'sweep', 'link', 'comparison')),
    CONSTRAINT ck_block_role CHECK (role IN ('started', 'ended')),
    CONSTRAINT ck_block_version CHECK (version >= 1),
    CONSTRAINT ck_block_body CHECK ((kind = 'note') = (body IS NOT NULL) AND (kind = 'note') =
        (body_sha256 IS NOT NULL)),
    CONSTRAINT ck_block_run CHECK ((run_id IS NULL) = (role IS NULL) AND (kind <> 'run' OR
        run_id IS NOT NULL))
) STRICT;

CREATE TABLE block_revision (
    id INTEGER NOT NULL,
    block_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    saved_us INTEGER NOT NULL,
    saved_zone TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_block_revision PRIMARY KEY (id),
    CONSTRAINT fk_block_revision_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT uq_block_revision_block_id_version UNIQUE (block_id, version)
) STRICT;

CREATE TABLE block_thread (
    block_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    CONSTRAINT pk_block_thread PRIMARY KEY (block_id, position),
    CONSTRAINT fk_block_thread_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT fk_block_thread_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT uq_block_thread_thread_id_block_id UNIQUE (thread_id, block_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE mention (
    id INTEGER NOT NULL,
    block_id INTEGER NOT NULL,
    day TEXT,
    run_id INTEGER,
    CONSTRAINT pk_mention PRIMARY KEY (id),
    CONSTRAINT fk_mention_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT uq_mention_block_id_day UNIQUE (block_id, day),
    CONSTRAINT uq_mention_block_id_run_id UNIQUE (block_id, run_id),
    CONSTRAINT ck_mention_target CHECK ((day IS NULL) <> (run_id IS NULL)),
    CONSTRAINT ck_mention_day CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND
        day IS date(day, '+0 days'))
) STRICT;

CREATE TABLE draft (
    id INTEGER NOT NULL,
    window TEXT NOT NULL,
    day TEXT NOT NULL,
    block_id INTEGER,
    base_version INTEGER,
    saved_us INTEGER NOT NULL,
    saved_zone TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_draft PRIMARY KEY (id),
    CONSTRAINT fk_draft_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT ck_draft_day CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND
        day IS date(day, '+0 days'))
) STRICT;

CREATE TABLE review (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    edited_us INTEGER NOT NULL,
    edited_zone TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT uq_review_from_day_to_day UNIQUE (from_day, to_day),
    CONSTRAINT ck_review_period CHECK (from_day <= to_day),
    CONSTRAINT ck_review_version CHECK (version >= 1),
    CONSTRAINT ck_review_from_day CHECK (from_day GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND from_day IS date(from_day, '+0
        days')),
    CONSTRAINT ck_review_to_day CHECK (to_day GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND to_day IS date(to_day, '+0 days'))
) STRICT;

CREATE TABLE review_revision (
    id INTEGER NOT NULL,
    review_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    saved_us INTEGER NOT NULL,
    saved_zone TEXT NOT NULL,
    is_conflict INTEGER NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT pk_review_revision PRIMARY KEY (id),
    CONSTRAINT fk_review_revision_review_id FOREIGN KEY(review_id) REFERENCES review (id),
    CONSTRAINT ck_review_revision_is_conflict CHECK (is_conflict IN (0, 1))
) STRICT;

CREATE TABLE review_item (
    id INTEGER NOT NULL,
    review_id INTEGER NOT NULL,
    section TEXT NOT NULL,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_review_item PRIMARY KEY (id),
    CONSTRAINT fk_review_item_review_id FOREIGN KEY(review_id) REFERENCES review (id),
    CONSTRAINT uq_review_item_review_id_section_position UNIQUE (review_id, section, position),
    CONSTRAINT ck_review_item_section CHECK (section IN ('experimental findings', 'insights',
        'code progress', 'next steps', 'time'))
) STRICT;

CREATE TABLE next_step (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    raised_day TEXT NOT NULL,
    raised_us INTEGER NOT NULL,
    raised_zone TEXT NOT NULL,
    block_id INTEGER,
    position INTEGER,
    review_id INTEGER,
    thread_id INTEGER,
    because TEXT DEFAULT '' NOT NULL,
    settled_us INTEGER,
    settled_zone TEXT,
    CONSTRAINT fk_next_step_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT fk_next_step_review_id FOREIGN KEY(review_id) REFERENCES review (id),
    CONSTRAINT fk_next_step_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT uq_next_step_block_id_position UNIQUE (block_id, position),
    CONSTRAINT ck_next_step_state CHECK (state IN ('open', 'done', 'dropped')),
    CONSTRAINT ck_next_step_settled CHECK ((state = 'open') = (settled_us IS NULL)),
    CONSTRAINT ck_next_step_origin CHECK (block_id IS NULL OR review_id IS NULL),
    CONSTRAINT ck_next_step_raised_day CHECK (raised_day GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND raised_day IS date(raised_day, '+0
        days'))
) STRICT;

CREATE TABLE verdict (
    review_id INTEGER NOT NULL,
    next_step_id INTEGER NOT NULL,
    fate TEXT NOT NULL,
    because TEXT DEFAULT '' NOT NULL,
    evidence TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_verdict PRIMARY KEY (review_id, next_step_id),
    CONSTRAINT fk_verdict_review_id FOREIGN KEY(review_id) REFERENCES review (id),
    CONSTRAINT fk_verdict_next_step_id FOREIGN KEY(next_step_id) REFERENCES next_step (id),
    CONSTRAINT ck_verdict_fate CHECK (fate IN ('done', 'carried', 'dropped'))
) WITHOUT ROWID, STRICT;

CREATE TABLE idea (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    day TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    edited_us INTEGER NOT NULL,
    edited_zone TEXT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    title TEXT NOT NULL,
    body TEXT DEFAULT '' NOT NULL,
    origin TEXT DEFAULT '' NOT NULL,
    block_id INTEGER,
    review_id INTEGER,
    thread_id INTEGER,
    importance REAL,
    cost REAL,
    state TEXT DEFAULT 'kept' NOT NULL,
    because TEXT DEFAULT '' NOT NULL,
    deleted_us INTEGER,
    deleted_zone TEXT,
    CONSTRAINT fk_idea_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT fk_idea_review_id FOREIGN KEY(review_id) REFERENCES review (id),
    CONSTRAINT fk_idea_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT ck_idea_state CHECK (state IN ('kept', 'promoted', 'buried')),
    CONSTRAINT ck_idea_day CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND
        day IS date(day, '+0 days'))
) STRICT;

CREATE TABLE tag (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    block_id INTEGER,
    run_id INTEGER,
    idea_id INTEGER,
    CONSTRAINT pk_tag PRIMARY KEY (id),
    CONSTRAINT fk_tag_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT fk_tag_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT fk_tag_idea_id FOREIGN KEY(idea_id) REFERENCES idea (id),
    CONSTRAINT uq_tag_block_id_name UNIQUE (block_id, name),
    CONSTRAINT uq_tag_run_id_name UNIQUE (run_id, name),
    CONSTRAINT uq_tag_idea_id_name UNIQUE (idea_id, name),
    CONSTRAINT ck_tag_target CHECK ((block_id IS NOT NULL) + (run_id IS NOT NULL) + (idea_id
        IS NOT NULL) = 1)
) STRICT;

CREATE INDEX ix_run_active ON run (id) WHERE state IN ('queued', 'starting', 'running',
    'finishing');
CREATE INDEX ix_run_day ON run (day);
CREATE INDEX ix_run_experiment_id ON run (experiment, id);
CREATE INDEX ix_run_parent_id ON run (parent_id);
CREATE INDEX ix_metric_last_value ON metric (name, value) WHERE is_last = 1;
CREATE INDEX ix_metric_run_id_name_step ON metric (run_id, name, step);
CREATE UNIQUE INDEX uq_metric_last ON metric (run_id, name) WHERE is_last = 1;
CREATE INDEX ix_artifact_sha256 ON artifact (sha256);
CREATE INDEX ix_block_conflict_of ON block (conflict_of) WHERE conflict_of IS NOT NULL;
CREATE INDEX ix_block_day_created_us ON block (day, created_us);
CREATE INDEX ix_mention_day ON mention (day) WHERE day IS NOT NULL;
CREATE INDEX ix_mention_run_id ON mention (run_id) WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX uq_draft_window ON draft (window, ifnull(block_id, 0));
CREATE INDEX ix_review_to_day ON review (to_day);
CREATE UNIQUE INDEX uq_review_revision_version ON review_revision (review_id, version) WHERE
    is_conflict = 0;
CREATE INDEX ix_review_item_source ON review_item (source) WHERE source <> '';
CREATE INDEX ix_next_step_open ON next_step (id) WHERE state = 'open';
CREATE INDEX ix_next_step_review_id ON next_step (review_id) WHERE review_id IS NOT NULL;
CREATE INDEX ix_verdict_next_step_id ON verdict (next_step_id);
CREATE INDEX ix_tag_name ON tag (name);
