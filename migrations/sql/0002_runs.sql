-- Runs of any kind: their parameters one by one, commands, what they used of the machine, what
-- they come from, the queue, sweeps, comparisons, and where imported ones came from.

CREATE TABLE param (
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    number REAL,
    text TEXT NOT NULL,
    CONSTRAINT pk_param PRIMARY KEY (run_id, name),
    CONSTRAINT fk_param_run_id FOREIGN KEY(run_id) REFERENCES run (id)
) WITHOUT ROWID, STRICT;

CREATE TABLE command (
    run_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    argv TEXT NOT NULL,
    directory TEXT NOT NULL,
    CONSTRAINT pk_command PRIMARY KEY (run_id),
    CONSTRAINT fk_command_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT ck_command_role CHECK (role IN ('run', 'around'))
) STRICT;

CREATE TABLE metrics_file (
    run_id INTEGER NOT NULL,
    taken_bytes INTEGER NOT NULL,
    CONSTRAINT pk_metrics_file PRIMARY KEY (run_id),
    CONSTRAINT fk_metrics_file_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT ck_metrics_file_taken_bytes CHECK (taken_bytes >= 0)
) STRICT;

CREATE TABLE provenance (
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    CONSTRAINT pk_provenance PRIMARY KEY (run_id, name),
    CONSTRAINT fk_provenance_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT ck_provenance_sha256 CHECK (length(sha256) = 64),
    CONSTRAINT ck_provenance_size_bytes CHECK (size_bytes >= 0)
) WITHOUT ROWID, STRICT;

CREATE TABLE run_usage (
    run_id INTEGER NOT NULL,
    cpu_s REAL,
    gpu_memory_bytes INTEGER,
    gpu_utilisation REAL,
    CONSTRAINT pk_run_usage PRIMARY KEY (run_id),
    CONSTRAINT fk_run_usage_run_id FOREIGN KEY(run_id) REFERENCES run (id)
) STRICT;

CREATE TABLE waiting (
    run_id INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    since_zone TEXT NOT NULL,
    gpus INTEGER NOT NULL,
    gpu TEXT,
    CONSTRAINT pk_waiting PRIMARY KEY (run_id),
    CONSTRAINT fk_waiting_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT ck_waiting_gpus CHECK (gpus >= 0)
) STRICT;

CREATE TABLE sweep (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    experiment TEXT NOT NULL,
    state TEXT NOT NULL,
    day TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    created_zone TEXT NOT NULL,
    ended_us INTEGER,
    ended_zone TEXT,
    thread_id INTEGER,
    points INTEGER NOT NULL,
    seed INTEGER,
    backend_asked TEXT DEFAULT '' NOT NULL,
    executor TEXT DEFAULT '' NOT NULL,
    owner TEXT DEFAULT '' NOT NULL,
    heartbeat_us INTEGER,
    deleted_us INTEGER,
    deleted_zone TEXT,
    space TEXT NOT NULL,
    argv TEXT,
    directory TEXT DEFAULT '' NOT NULL,
    message TEXT DEFAULT '' NOT NULL,
    CONSTRAINT fk_sweep_day FOREIGN KEY(day) REFERENCES entry (day),
    CONSTRAINT fk_sweep_thread_id FOREIGN KEY(thread_id) REFERENCES thread (id),
    CONSTRAINT ck_sweep_state CHECK (state IN ('running', 'finished', 'failed', 'cancelled',
        'lost')),
    CONSTRAINT ck_sweep_ended CHECK ((ended_us IS NULL) = (state = 'running')),
    CONSTRAINT ck_sweep_points CHECK (points >= 1)
) STRICT;

CREATE TABLE sweep_run (
    sweep_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    CONSTRAINT pk_sweep_run PRIMARY KEY (sweep_id, position, run_id),
    CONSTRAINT fk_sweep_run_sweep_id FOREIGN KEY(sweep_id) REFERENCES sweep (id),
    CONSTRAINT fk_sweep_run_run_id FOREIGN KEY(run_id) REFERENCES run (id),
    CONSTRAINT uq_sweep_run_run_id UNIQUE (run_id),
    CONSTRAINT ck_sweep_run_position CHECK (position >= 0)
) WITHOUT ROWID, STRICT;

CREATE TABLE block_sweep (
    block_id INTEGER NOT NULL,
    sweep_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT pk_block_sweep PRIMARY KEY (block_id),
    CONSTRAINT fk_block_sweep_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT fk_block_sweep_sweep_id FOREIGN KEY(sweep_id) REFERENCES sweep (id),
    CONSTRAINT uq_block_sweep_sweep_id_role UNIQUE (sweep_id, role),
    CONSTRAINT ck_block_sweep_role CHECK (role IN ('started', 'ended'))
) STRICT;

CREATE TABLE comparison (
    block_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    CONSTRAINT pk_comparison PRIMARY KEY (block_id, position),
    CONSTRAINT fk_comparison_block_id FOREIGN KEY(block_id) REFERENCES block (id),
    CONSTRAINT fk_comparison_run_id FOREIGN KEY(run_id) REFERENCES run (id)
) WITHOUT ROWID, STRICT;

CREATE TABLE imported (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    CONSTRAINT pk_imported PRIMARY KEY (source, name),
    CONSTRAINT fk_imported_run_id FOREIGN KEY(run_id) REFERENCES run (id)
) WITHOUT ROWID, STRICT;

CREATE INDEX ix_param_name_number ON param (name, number);
CREATE INDEX ix_param_name_text ON param (name, text);
CREATE INDEX ix_provenance_sha256 ON provenance (sha256);
CREATE INDEX ix_sweep_running ON sweep (id) WHERE state = 'running';
CREATE INDEX ix_comparison_run_id ON comparison (run_id);

-- With the run's number in it, a comparison needs only the index.
DROP INDEX ix_metric_last_value;
CREATE INDEX ix_metric_last_value ON metric (name, value, run_id) WHERE is_last = 1;
CREATE INDEX ix_run_started_us ON run (started_us);
CREATE INDEX ix_run_duration_s ON run (duration_s);
