# `make help` lists the targets.
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup demo test test-container soak check format serve work migrate lock contract

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Install everything this checkout needs (does nothing when it is up to date)
	@scripts/setup

demo: setup ## Watch a labelled issue become a pull request, against stand-ins on this machine
	@$(BIN)/phaseline demo

test: setup ## Run the test suite
	@scripts/setup-tests
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not index"

test-container: setup ## Run the container's build steps as an unprivileged user (needs the package index)
	@$(BIN)/pytest -m index tests/deploy

soak: setup ## Kill workers on PostgreSQL at random and count what was lost or done twice
	@scripts/setup-tests
	@$(BIN)/python -m benchmarks.soak $(SOAK)

check: setup ## Lint, format check, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

serve: setup ## Run the service (web and worker) with the settings of .env
	@$(BIN)/phaseline serve

work: setup ## Run one more worker
	@$(BIN)/phaseline work

migrate: setup ## Bring the database to this version's schema
	@$(BIN)/phaseline migrate

contract: ## Cut the schemas that GitHub publishes to what is used here, anew
	@rm -rf var/contract && mkdir -p var/contract
	@npm install --silent --ignore-scripts --prefix var/contract $$($(BIN)/python -m tests.contract.cut --packages)
	@$(BIN)/python -m tests.contract.cut var/contract

lock: ## Rewrite the dependency locks
	@scripts/lock
