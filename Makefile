# Everything runs in .venv, built on first use from requirements.lock with pip alone.
PY := .venv/bin/python

.PHONY: run test test-slow test-gpu campaign check format bench lock clean environment

run: environment          ## the main job: a demo notebook, written, run, pasted and reviewed
	@$(PY) -m labbook demo

# Tests of the app and of processes wait for half of their time, so three workers fill two cores.
test: check               ## all checks, then the fast tests
	@$(PY) -m pytest -n 3 --dist loadgroup

test-slow: environment    ## real terminals, kill cycles, a browser, compilers, packaging
	@.ci/environment dev nvrtc cluster
	@$(PY) -m pytest -m slow -n 2 --dist loadgroup

test-gpu:                 ## on a machine with a CUDA device: NumPy, SciPy, CuPy and pytest suffice
	@python3 -m pytest -m gpu tests/gpu --confcutdir=tests/gpu -o addopts= -o filterwarnings=

campaign: environment     ## 400 random kills of runs, commands and what looks after them
	@LABBOOK_KILLS=200 $(PY) -m pytest -m slow -n 2 tests/runner/test_kills.py \
		tests/runner/test_command_kills.py

check: environment        ## formatting, lint, types, walls
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo

format: environment
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format .

bench: environment        ## figures for docs/benchmarks.md, as ratios in one run
	@$(PY) -m tests.bench

lock:                     ## renew requirements.lock (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev \
		--group nvrtc --group cluster --group build --no-annotate --no-header pyproject.toml -o requirements.lock

environment:
	@.ci/environment dev

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
