# make run: everything, on this machine.  make test: the tests.  make check: the linters.  make bench: the figures.
# make faults: the whole of tests/faults, of which make test runs the quick part.  make fuzz: schemathesis.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)

.PHONY: run test faults fuzz check bench clean

run: $(VENV)/run.stamp
	@exec python -m walkabout.launch --parent $$PPID

test: $(VENV)/dev.stamp
	@python -m pytest $(ARGS)

faults: $(VENV)/dev.stamp
	@python -m pytest tests/faults --long-faults $(ARGS)

fuzz: $(VENV)/dev.stamp
	@python -m tests.support.fuzz

check: $(VENV)/dev.stamp
	ruff check .
	ruff format --check .
	mypy
	lint-imports

bench: $(VENV)/dev.stamp
	python -m bench

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/run.stamp: requirements.txt
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
