# The five doors of Closeknit: make run, make worker, make test, make lint, make bench.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PORT ?= 8000
HOST ?= 127.0.0.1
DEMO ?= 1
SIZE ?= small
ACCOUNT_HOME := $(shell eval echo ~$$(id -un))
# The first Python between 3.12 and 3.14 that starts: on the PATH, else one that pyenv keeps.
BASE_PYTHON := $(shell for p in python3.13 python3.14 python3.12 python3 \
	$(ACCOUNT_HOME)/.pyenv/versions/3.1[234].*/bin/python; do \
	$$p -c 'import sys; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
UV := $(shell command -v uv || echo .uv/bin/uv)
PY := .venv/bin/python
export NODE_USE_SYSTEM_CA = 1
export UV_NATIVE_TLS = 1
# honcho gives each process a PORT of its own; links need that of the web server.
export WEB_PORT = $(PORT)
export PORT HOST DEMO SIZE

.PHONY: help install run worker test lint format bench messages
help:
	@sed -n '1s/^# //p' Makefile

install: .venv/installed node_modules/.installed locale/.compiled

.uv/bin/uv:
	$(or $(BASE_PYTHON),python3) -m venv .uv
	.uv/bin/pip install --quiet uv

.venv/installed: requirements-dev.txt $(filter .uv/bin/uv,$(UV))
	$(UV) venv --quiet --clear --python $(or $(BASE_PYTHON),3.13) .venv
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(PY) requirements-dev.txt
	@touch $@

node_modules/.installed: package-lock.json .venv/installed
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/npm ci --no-audit --no-fund --loglevel=error --no-update-notifier
	@touch $@

locale/.compiled: locale/zh_Hans/LC_MESSAGES/django.po .venv/installed
	$(PY) manage.py update_messages --compile
	@touch $@

run: install
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py start_shop
	@$(PY) -m config.supervise --procfile Procfile start

worker: install
	.venv/bin/celery --app config worker --loglevel warning --concurrency 2

test: install
	.venv/bin/pytest $(PYTEST_ARGS)

lint: install
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/djlint --lint --quiet templates
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py update_messages --check

format: install
	.venv/bin/ruff check --fix --quiet .
	.venv/bin/ruff format .

messages: install
	$(PY) manage.py update_messages
	@$(MAKE) --no-print-directory locale/.compiled

bench: install
	@$(PY) -m bench
