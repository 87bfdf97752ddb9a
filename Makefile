# Everything starts here. `make run` and `make test` need Python 3.11+, Node 20.19+, make and a C compiler.
.DEFAULT_GOAL := help
.PHONY: help run test check check-python check-frontend test-frontend test-backend bench soak acceptance lock clean prepare prepare-python prepare-peers prepare-run prepare-test openapi

# Compiled modules are kept: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

BIN := $(CURDIR)/.venv/bin
PY := $(BIN)/python

# The Python named with PYTHON=; else the one that .venv was made with, under which the product may be running; else the
# first that is new enough and can make virtual environments. 3.11 and 3.12 come first: for them every package has a
# wheel; newer ones compile one of them.
MADE_WITH = $$(sed -n 's/^executable = //p' .venv/pyvenv.cfg 2>/dev/null)
NAMED = $(if $(filter command,$(origin PYTHON)),$(PYTHON))
NO_PYTHON = Python 3.11 or newer with its venv module is needed, and none was found$$(command -v python3 >/dev/null 2>&1 && echo " (python3 is $$(python3 --version 2>&1 | cut -d' ' -f2))")
FIND_PYTHON = for p in $(or $(NAMED),$(PYTHON) $(MADE_WITH) python3.12 python3.11 python3 python3.13 python3.14 python); do \
	if command -v "$$p" >/dev/null 2>&1 && "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then python="$$p"; break; fi; done; \
	if [ -z "$${python:-}" ]; then echo "$(or $(if $(NAMED),PYTHON=$(NAMED) is no Python 3.11 or newer with its venv module),$(NO_PYTHON))." >&2; exit 1; fi

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: prepare-run ## install what is missing and start the product; RUN_ARGS are those of `stackalpha up`
	@exec $(BIN)/stackalpha up $(RUN_ARGS)

test: prepare-test ## everything the build server runs: check, then all tests
	@$(MAKE) --no-print-directory -j2 check-python test-frontend test-backend

TEST_PROCESSES ?= 4  # more than two cores have, since many tests wait for processes of their own

check: prepare ## linters, types, import contracts, house rules, generated files
	@$(MAKE) --no-print-directory check-python check-frontend

check-python:
	@cd backend && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && echo "ruff: clean"
	@cd backend && $(BIN)/mypy app paper_exchange scripts tests benchmarks
	@cd backend && said=$$($(BIN)/lint-imports --no-logo 2>&1) && echo "import contracts: kept" || { echo "$$said"; exit 1; }
	@cd backend && $(PY) -m scripts.house_rules app paper_exchange && echo "house rules: kept"
	@cd backend && $(PY) -m scripts.env_example --check && $(PY) -m scripts.export_openapi --check && echo ".env.example and openapi.json: in step"

# It weighs the web app that `prepare` has built.
check-frontend:
	@cd frontend && $(call in_one_piece,npm run --silent check)

test-frontend: check-frontend
	@cd frontend && $(call in_one_piece,npm run --silent test -- --reporter=dot)

# Begins when one of the two checks beside it has passed, so that no core waits for the slower one.
test-backend:
	@cd backend && $(PY) -m pytest -n $(TEST_PROCESSES) --dist worksteal $(TEST_ARGS)

# What a command says, told when it has ended: another one speaks meanwhile.
in_one_piece = said=$$($(1) 2>&1) && echo "$$said" || { echo "$$said"; exit 1; }

openapi: prepare ## write the API's description and the web app's client from it
	@cd backend && $(PY) -m scripts.export_openapi
	@cd frontend && npm run --silent gen

bench: prepare-python ## figures of backend/benchmarks/NAME.py, one JSON object per line; ARGS go to it
	@$(call run_named,benchmarks)

soak: prepare-python ## the long run backend/tests/soak/NAME.py; ARGS go to it
	@$(call run_named,tests/soak)

acceptance: prepare-python prepare-peers ## the paper exchange before programs that nobody here wrote
	@cd backend && $(PY) -m benchmarks.acceptance $(ARGS)

lock: ## resolve the locks again: hashes, no registry host
	@command -v uv >/dev/null || { echo "uv is needed to resolve the Python lock: pip install uv." >&2; exit 1; }
	@cd backend && uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q -o requirements.lock
	@cd backend/benchmarks && uv pip compile requirements-peers.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q -o requirements-peers.txt
	@cd frontend && npm install --package-lock-only

clean: ## remove what was built and what ran; the data of `make run` too
	@if [ -L var/postgres ]; then rm -rf "$$(dirname "$$(readlink var/postgres)")"; fi
	@rm -rf .venv .venv-peers var frontend/node_modules frontend/dist backend/.mypy_cache backend/.ruff_cache backend/.pytest_cache backend/.hypothesis backend/.import_linter_cache
	@find backend -name __pycache__ -type d -prune -exec rm -rf {} +

prepare:
	@$(FIND_PYTHON); exec "$$python" backend/scripts/prepare.py python packages frontend

prepare-python:
	@$(FIND_PYTHON); exec "$$python" backend/scripts/prepare.py python

prepare-peers:
	@$(FIND_PYTHON); exec "$$python" backend/scripts/prepare.py peers

prepare-run:
	@$(FIND_PYTHON); exec "$$python" backend/scripts/prepare.py python frontend

prepare-test:
	@$(FIND_PYTHON); exec "$$python" backend/scripts/prepare.py python packages frontend browser

# $(1): folder below backend. An unknown or absent NAME lists those that exist.
define run_named
cd backend && names=$$(grep -l '__main__' $(1)/*.py | sed -E 's|.*/||; s|\.py$$||' | grep -v '^_' | tr '\n' ' '); \
	case " $$names" in *" $(NAME) "*) ;; *) echo "NAME is one of: $$names" >&2; exit 2;; esac; \
	exec $(PY) -m $(subst /,.,$(1)).$(NAME) $(ARGS)
endef
