# `make` alone lists what there is. Every target prepares what it needs; nothing is installed outside of this folder.

PYTHON = .venv/bin/python
PYTEST = $(PYTHON) -m pytest
NEWMAN = 6.2.2
QUEUED = another_database api_jobs api_runs health jobs_admin jobs_survive listening metrics notices outbox pull push \
	runconfig tasks triggers
.DEFAULT_GOAL = help
.PHONY: help run dev test check format pins test-odoo test-postgres test-redis test-browser test-newman test-fuzz test-faults test-faults-short test-network test-hearing bench clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run:  ## run the hub on http://127.0.0.1:8000; Ctrl-C stops it
	@scripts/bootstrap && exec $(PYTHON) manage.py hub

dev:
	@scripts/bootstrap --dev

test: dev  ## all tests that need nothing else; ARGS="-k name" for some of them
	@$(PYTEST) -n 2 -m "not odoo and not network and not fuzz and not faults" --ignore=tests/browser $(ARGS)

check: dev  ## what CI looks at first: lint, types, migrations, house rules
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py check --fail-level WARNING
	$(PYTEST) -q tests/test_house.py tests/test_docs.py

format: dev  ## put imports and layout right
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

test-odoo: dev  ## the contract on a real Odoo 19, which is installed and started (HUB_TEST_ODOO: take that one)
	@told=$${HUB_TEST_ODOO:-$$(scripts/odoo19 up)} && HUB_TEST_ODOO="$$told" HUB_TEST_ODOO_REQUIRED=1 \
		$(PYTEST) -m odoo tests/contract tests/odoo $(ARGS)

test-postgres: dev  ## what touches the database, on PostgreSQL (HUB_TEST_DATABASE_URL; the default is 127.0.0.1:5432, postgres)
	@HUB_TEST_DATABASE_URL=$${HUB_TEST_DATABASE_URL:-postgres://postgres@127.0.0.1:5432/hub_$$$$} \
		$(PYTEST) -n 2 -m "not odoo and not network and not fuzz and not faults" --ignore=tests/browser --ignore=tests/contract \
		--ignore=tests/hub --ignore=tests/openapi --ignore=tests/reference --ignore=tests/web $(ARGS)

test-redis: dev  ## what touches the queue, with the queue in Redis (HUB_TEST_BROKER_URL; the default is 127.0.0.1:6379, database 15)
	@HUB_TEST_BROKER_URL=$${HUB_TEST_BROKER_URL:-redis://127.0.0.1:6379/15} \
		$(PYTEST) -m "not odoo and not network and not fuzz and not faults" tests/acceptance tests/webhooks \
		$(addprefix tests/syncconfig/test_,$(addsuffix .py,$(QUEUED))) $(ARGS)

test-browser: dev  ## the admin in a headless Chromium (HUB_TEST_CHROMIUM; the default is /usr/bin/chromium)
	@$(PYTEST) tests/browser $(ARGS)

test-newman: dev  ## the Postman collection, run by newman, which npm installs into .newman (needs Node)
	@[ -x .newman/$(NEWMAN)/node_modules/.bin/newman ] || \
		npm install --silent --no-audit --no-fund --prefix .newman/$(NEWMAN) newman@$(NEWMAN)
	@HUB_TEST_NEWMAN="$$PWD/.newman/$(NEWMAN)/node_modules/.bin/newman" HUB_TEST_NEWMAN_REQUIRED=1 \
		$(PYTEST) tests/openapi/test_postman.py $(ARGS)

test-fuzz: dev  ## Schemathesis: whether the API does what its OpenAPI document says (some minutes)
	@$(PYTEST) -m fuzz tests/openapi $(ARGS)

test-faults: dev  ## kills, outages, hostile receivers, two machines (PostgreSQL's initdb, redis-server, root for namespaces)
	@$(PYTEST) -n 4 -m faults tests/faults $(ARGS)

test-faults-short: dev  ## of these, what is done within four minutes
	@$(PYTEST) -n 4 -m "faults and not long" tests/faults $(ARGS)

test-network: dev  ## a fresh clone, installed from the package index
	@$(PYTEST) -m network $(ARGS)

test-hearing: dev  ## 2,500 changes in a real Odoo 19 while the hub is killed five times (about 15 minutes)
	@told=$${HUB_TEST_ODOO:-$$(scripts/odoo19 up)} && HUB_TEST_ODOO="$$told" HUB_TEST_ODOO_REQUIRED=1 HUB_TEST_FULL=1 \
		$(PYTEST) -s tests/odoo/test_hearing.py tests/odoo/test_hints.py $(ARGS)

bench: dev  ## measure both directions (HUB_TEST_DATABASE_URL, HUB_TEST_ODOO: there, too); ARGS=outbound for one part
	@$(PYTHON) -m bench $(ARGS)

pins:  ## pin the requirements anew (needs uv)
	uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 -c requirements.txt \
		requirements-dev.in -o requirements-dev.txt

clean:  ## remove .venv and all caches; data in var/ stays
	rm -rf .venv .newman .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
