# make run: everything, on this machine.  make demo: the same, filled with tasks and runs to look at.
# make test: the tests.  make test-postgres: those that touch a database, on PostgreSQL.
# make test-redis: the same with Redis beside it.  make check: the linters.  make bench: the figures.
# make test-machines: several machines on this one, as root.
# make faults: the whole of tests/faults, of which make test runs the quick part.  make fuzz: schemathesis.
# make lock: packaging/requirements.lock anew, from requirements.txt.
# make nightly: the tests of properties, with twenty times as many examples.
PYTHON ?= python3
# Four processes: those that wait for something leave the machine to the others. Each takes whole files, the long ones first.
SIDE_BY_SIDE := -n 4 --dist loadfile --no-loadscope-reorder
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# Of `make demo`; emptied by hand.
DEMO := data/demo
export PATH := $(BIN):$(PATH)

.PHONY: run demo test test-postgres test-redis test-machines faults nightly fuzz check bench lock clean

run: $(VENV)/run.stamp
	@exec python -m walkabout.launch --parent $$PPID

demo: $(VENV)/run.stamp
	@test -e $(DEMO)/walkabout.db || DATA_DIR=$(DEMO) flask --app app demo
	@exec env DATA_DIR=$(DEMO) WALKERS_DIR=walkers:walkabout/demo/walkers python -m walkabout.launch --parent $$PPID

test: $(VENV)/dev.stamp
	@python -m pytest $(or $(ARGS),$(SIDE_BY_SIDE))

test-postgres: $(VENV)/dev.stamp
	@python -m pytest --database postgres $(or $(ARGS),$(SIDE_BY_SIDE))

test-redis: $(VENV)/dev.stamp
	@python -m pytest --database redis $(or $(ARGS),$(SIDE_BY_SIDE))

test-machines: $(VENV)/dev.stamp
	@python -m pytest tests/machines --database postgres -rs $(ARGS)

faults: $(VENV)/dev.stamp
	@python -m pytest tests/faults --long-faults $(ARGS)

nightly: $(VENV)/dev.stamp
	@python -m pytest -m hypothesis --hypothesis-profile=nightly $(ARGS)

fuzz: $(VENV)/dev.stamp
	@python -m tests.support.fuzz

check: $(VENV)/dev.stamp
	ruff check .
	ruff format --check .
	mypy
	lint-imports

bench: $(VENV)/dev.stamp
	python -m bench

# What `make run` installs, to the byte; anew after a change of requirements.txt.
lock: $(VENV)/dev.stamp
	@python -m uv --quiet pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" requirements.txt -o packaging/requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/run.stamp: packaging/requirements.lock
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r packaging/requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
