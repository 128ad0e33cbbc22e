# A fresh machine needs Python 3.11 or newer and this file.

venv := .venv
bin := $(venv)/bin
python := $(bin)/python
ready := $(venv)/.ready
tools := $(venv)/.tools
types := $(venv)/.types
# The locks are whole: with --no-deps pip never looks for a newer release behind an extra.
pip := $(python) -m pip install --quiet --disable-pip-version-check --no-input
rooms := config core api mcp_server bot cli
# Speaks as the models' vendors do, for the tests on the wire; without npm they are skipped by name.
aimock := @copilotkit/aimock@1.43.0

.PHONY: run test browser bench lock

run: $(ready)
	@$(bin)/trellis up

test: $(tools) browser
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/lint-imports --no-cache
	@# The types are read beside the tests, by what these leave of the processors while they wait.
	@nice -n 19 $(bin)/mypy >$(types) 2>&1 & reader=$$!; \
	trap "kill $$reader" INT TERM; echo "mypy reads the types meanwhile"; \
	$(python) -m pytest -q -n 2 --dist worksteal; tested=$$?; \
	wait $$reader; typed=$$?; echo "mypy:"; cat $(types); [ $$tested = 0 ] && [ $$typed = 0 ]

# The page is tested in Chromium. CI gets one; a person's machine is left as it is.
browser:
	@if [ -n "$$CI" ] && ! command -v chromium >/dev/null && command -v apt-get >/dev/null \
		&& [ "$$(id -u)" = 0 ]; then \
		echo "CI has no Chromium: installing it with apt-get" \
		&& apt-get update && apt-get install -y --no-install-recommends chromium; \
	fi

bench: $(tools)
	$(python) -m benchmarks

$(ready): requirements.lock pyproject.toml
	@echo "Preparing $(venv) (once; about a minute)"
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Trellis needs Python 3.11 or newer; python3 is " + sys.version)'
	@python3 -m venv --clear $(venv)
	@$(pip) --no-deps --require-hashes -r requirements.lock
	@$(pip) --no-deps --no-build-isolation --no-index -e .
	@$(python) -m compileall -q $(rooms)
	@touch $@

$(tools): requirements-dev.lock $(ready)
	$(pip) --no-deps --require-hashes -r requirements-dev.lock
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --ignore-scripts \
		--no-save --no-package-lock --prefix $(venv)/npm $(aimock) \
		|| echo "npm could not fetch $(aimock); what is tested with it will be skipped"; fi
	@touch $@

# Needs `uv` on the path. The locks carry hashes and no address of any index.
freeze := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock:
	$(freeze) requirements.in --output-file requirements.lock
	$(freeze) requirements-dev.in --output-file requirements-dev.lock
