# SPDX-License-Identifier: Apache-2.0
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PLATFORM ?= lambda
ARGS ?=

# Without kept bytecode each process of a test run would compile every module, and rewrite every test, for itself.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup templates docs lint checkov test trust demo demo-multi demo-train local bench package keep-release publish deploy destroy images clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make the virtual environment in .venv (every other target does it when needed)

$(READY): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV) (a few minutes, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

templates: $(READY) ## Write templates/ from the declarations
	@$(BIN)/python -m generator

docs: $(READY) ## Write the generated reference pages and the OpenAPI document
	@$(BIN)/python -m generator.reference
	@$(BIN)/python -m generator.openapi
	@$(BIN)/python -m tests.permissions.report

lint: $(READY) ## ruff, mypy, drift of generated files, cfn-lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m generator --check
	@$(BIN)/python -m generator.reference --check
	@$(BIN)/python -m generator.openapi --check
	@$(BIN)/python -m tests.permissions.report --check
	@$(BIN)/cfn-lint templates/*.yaml templates/*/*.yaml

# checkov's pins contradict those of the tests: it has an environment of its own.
CHECKOV := 3.3.30
CHECKOV_VENV := .venv-checkov
CHECKOV_READY := $(CHECKOV_VENV)/.ready-$(CHECKOV)

$(CHECKOV_READY):
	@echo "Setting up $(CHECKOV_VENV) (a minute, once)"
	@$(PYTHON) -m venv --clear $(CHECKOV_VENV)
	@$(CHECKOV_VENV)/bin/python -m pip install --quiet --disable-pip-version-check checkov==$(CHECKOV)
	@touch $@

checkov: $(CHECKOV_READY) ## checkov over the templates; needs no .venv
	@$(CHECKOV_VENV)/bin/checkov --directory templates --framework cloudformation --compact --quiet --skip-download

# The local AWS changes moto for the rest of its process, so the tests that use moto as it is run in one of their own.
# Those with the local AWS wait for other processes a third of their time: three at once keep two cores busy.
WITHOUT_LOCAL_AWS := tests/orchestrator tests/generator tests/inline tests/hostile tests/faults \
	tests/permissions tests/test_conventions.py tests/test_collection.py

test: lint ## Everything that CI checks, but for checkov
	@$(BIN)/pytest -n 2 $(WITHOUT_LOCAL_AWS)
	@$(BIN)/pytest -n 3 --dist loadgroup $(addprefix --ignore=,$(WITHOUT_LOCAL_AWS))

TRUST := build/trust

trust: $(READY) ## Prove permissions, faults and hostile requests; writes the table in docs/security.md
	@rm -rf $(TRUST) && mkdir -p $(TRUST)
	@MLOPS_TRUST_REPORT=$(TRUST) $(BIN)/pytest -n 2 --exhaustive -m sampled $(WITHOUT_LOCAL_AWS)
	@MLOPS_IAM_CALLS=$(abspath $(TRUST)) $(BIN)/pytest -n 3 --exhaustive --dist loadgroup tests/end_to_end
	@$(BIN)/pytest -n 3 --exhaustive --dist loadgroup -m sampled \
		$(addprefix --ignore=,$(WITHOUT_LOCAL_AWS) tests/end_to_end)
	@$(BIN)/python -m tests.permissions.report $(TRUST)
	@$(BIN)/pytest tests/permissions

demo-multi: $(READY) ## A model through dev, staging and prod, with approvals
	@$(BIN)/python -m scripts.demo_multi $(ARGS)

demo-train: $(READY) ## A model trained, registered, deployed from the registry
	@$(BIN)/python -m scripts.demo_train $(ARGS)

demo: $(READY) ## The product's main job on the local AWS: from a signed call to a prediction
	@$(BIN)/python -m scripts.demo $(ARGS)

local: $(READY) ## Start the local AWS with the solution deployed; stays in the foreground
	@$(BIN)/mlops local $(ARGS)

bench: $(READY) ## Measure; prints JSON lines
	@$(BIN)/python -m scripts.bench $(ARGS)

package: $(READY) ## Build dist/orchestrator.zip (PLATFORM=host for this machine)
	@$(BIN)/python -m scripts.bundle --platform $(PLATFORM)

keep-release: $(READY) ## Keep this version under tests/releases/, for tests that upgrade from it
	@$(BIN)/python -m scripts.keep_release $(ARGS)

publish: $(READY) ## Upload code and templates: make publish ARGS='--bucket NAME'
	@$(BIN)/mlops publish $(ARGS)

deploy: $(READY) ## Launch or update the root stack: make deploy ARGS='--email YOU@EXAMPLE.COM'
	@$(BIN)/mlops deploy $(ARGS)

destroy: $(READY) ## Remove the root stack; data stays. With all pipelines: make destroy ARGS=--pipelines
	@$(BIN)/mlops destroy $(ARGS)

images: $(READY) ## Refresh the table of built-in images
	@$(BIN)/python -m pip install --quiet --no-deps sagemaker-core==2.27.0
	@$(BIN)/python -m scripts.refresh_image_uris

clean: ## Remove what was built, with the virtual environment
	rm -rf $(VENV) $(CHECKOV_VENV) build dist .hypothesis .local-aws .mypy_cache .pytest_cache .ruff_cache *.egg-info
