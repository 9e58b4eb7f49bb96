# SPDX-License-Identifier: Apache-2.0
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# What the product needs to run, the local AWS included; what its tests need, too.
LOCAL := $(VENV)/.ready-local
READY := $(VENV)/.ready
PLATFORM ?= lambda
ARGS ?=

# Without kept bytecode each process of a test run would compile every module, and rewrite every test, for itself.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-local lock templates docs lint check-types check-style check-drift check-templates check-code checkov analyse second-opinion audit \
	secrets sbom test tests driver test-console pictures site test-pythons trust demo run-demo demo-multi demo-train demo-monitor demo-loop local bench bench-monitors test-engine-image package wheel keep-release \
	publish deploy destroy images clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Makes targets one after the other and says how long each took: $(call timed,targets).
timed = @+took=; for target in $(1); do began=$$(date +%s); $(MAKE) --no-print-directory $$target || exit; \
	took="$$took, $$target $$(($$(date +%s) - began)) s"; done; echo "Took:$${took\#,}"

# Makes an environment what a lock says: $(call set_up,environment,lock,options).
set_up = @"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "Python 3.11 or newer is needed, and $(PYTHON) is not: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	"$(PYTHON)" -m scripts.environments.set_up locks/$(2).txt $(1) $(3) && touch $@

SET_UP := scripts/environments/set_up.py scripts/environments/installing.py locks/uv.txt

setup: $(READY) ## Make the virtual environment in .venv (every other target does it when needed)
setup-local: $(LOCAL)

$(READY): $(SET_UP) setup.cfg pyproject.toml locks/dev.txt
	$(call set_up,$(VENV),dev,--with-project)

# An environment for the tests stays one, and serves everything else.
ifneq ($(wildcard $(READY)),)
$(LOCAL): $(READY)
	@touch $@
else
$(LOCAL): $(SET_UP) setup.cfg pyproject.toml locks/local.txt
	$(call set_up,$(VENV),local,--with-project)
endif

lock: ## Write the locks of all environments after a change of setup.cfg; ARGS=--upgrade for newer versions
	@"$(PYTHON)" -m scripts.environments.lock $(ARGS)

templates: $(READY) ## Write templates/ from the declarations
	@$(BIN)/python -m generator

docs: $(READY) ## Write the generated reference pages and the OpenAPI document
	@$(BIN)/python -m generator.reference.pages
	@$(BIN)/python -m generator.reference.openapi
	@$(BIN)/python -m generator.reference.request_stubs
	@$(BIN)/python -m generator.reference.closed_loop
	@$(BIN)/python -m scripts.verification.claims.page
	@$(BIN)/python -m tests.permissions.report
	@$(BIN)/python -m tests.permissions.analysis.explained

check-types: $(READY)
	@$(BIN)/mypy

check-style: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

check-drift: $(READY)
	@$(BIN)/python -m generator --check
	@$(BIN)/python -m generator.reference.pages --check
	@$(BIN)/python -m generator.reference.openapi --check
	@$(BIN)/python -m generator.reference.request_stubs --check
	@$(BIN)/python -m generator.reference.closed_loop --check
	@$(BIN)/python -m scripts.verification.claims.page --check
	@$(BIN)/python -m tests.permissions.report --check
	@$(BIN)/python -m tests.permissions.analysis.explained --check

check-templates: $(READY)
	@$(BIN)/pytest tests/generator/test_lint.py

# mypy takes as long as all the others.
check-code: $(READY)
	@$(MAKE) --no-print-directory -j2 check-types check-style check-drift

lint: check-code check-templates ## ruff, mypy, drift of generated files, cfn-lint

CHECKOV_VENV := .venv-checkov
CHECKOV_READY := $(CHECKOV_VENV)/.ready

$(CHECKOV_READY): $(SET_UP) locks/checkov.txt
	$(call set_up,$(CHECKOV_VENV),checkov)

checkov: $(CHECKOV_READY) ## checkov over the templates; needs no .venv
	@$(CHECKOV_VENV)/bin/checkov --directory templates --framework cloudformation --compact --quiet --skip-download

# What judges policies: the roles are resolved where the project is installed, and judged where it is not.
ANALYSERS_VENV := .venv-analysers
ANALYSERS_READY := $(ANALYSERS_VENV)/.ready
RESOLVED := build/analysis/roles.json

$(ANALYSERS_READY): $(SET_UP) locks/analysers.txt
	$(call set_up,$(ANALYSERS_VENV),analysers)

analyse: $(READY) $(ANALYSERS_READY) ## cloudsplaining and parliament over every role: nothing but what a table explains
	@PYTHONPATH=lambda_src $(BIN)/python -m tests.permissions.analysis.resolved $(RESOLVED)
	@$(ANALYSERS_VENV)/bin/python -W ignore::UserWarning -m tests.permissions.analysis.findings $(RESOLVED)

# An emulator of AWS by others, on the loopback interface.
OPINION_VENV := .venv-second-opinion
OPINION_READY := $(OPINION_VENV)/.ready

$(OPINION_READY): $(SET_UP) locks/second-opinion.txt
	$(call set_up,$(OPINION_VENV),second-opinion)

second-opinion: $(READY) $(OPINION_READY) ## The single-account root stack on an emulator that is not ours
	@$(BIN)/pytest tests/second_opinion

# What looks after the parts that come from others has an environment of its own, too.
SUPPLY_VENV := .venv-supply
SUPPLY := $(SUPPLY_VENV)/bin
SUPPLY_READY := $(SUPPLY_VENV)/.ready

$(SUPPLY_READY): $(SET_UP) locks/supply.txt
	$(call set_up,$(SUPPLY_VENV),supply)

audit: $(SUPPLY_READY) ## Known vulnerabilities of what the bundle and the command line carry; asks PyPI
	@"$(PYTHON)" -m scripts.packaging.audit $(SUPPLY)/pip-audit lambda_src/requirements.txt locks/local.txt

secrets: $(SUPPLY_READY) ## Look for credentials in what git keeps; .secrets.baseline lists the examples of AWS in tests
	@git ls-files -z | xargs -0 $(SUPPLY)/detect-secrets-hook --baseline .secrets.baseline && echo "no secrets"

sbom: $(SUPPLY_READY) ## Write dist/orchestrator.cdx.json: what the bundle carries, in the form of CycloneDX
	@mkdir -p dist
	@$(SUPPLY)/cyclonedx-py requirements lambda_src/requirements.txt --output-reproducible \
		--output-file dist/orchestrator.cdx.json

# The local AWS changes moto for the rest of its process, so the tests that use moto as it is run in one of their own.
# Those with the local AWS wait for other processes a third of their time: three at once keep two cores busy.
WITHOUT_LOCAL_AWS := tests/orchestrator tests/generator tests/inline tests/hostile tests/faults \
	tests/permissions tests/test_conventions.py tests/test_collection.py

test: ## Everything that CI checks, but for checkov
	$(call timed,setup check-code tests)

# cfn-lint is among the tests.
tests: $(READY)
	@$(BIN)/pytest -n 2 $(WITHOUT_LOCAL_AWS)
	@$(BIN)/pytest -n 3 --dist loadgroup $(addprefix --ignore=,$(WITHOUT_LOCAL_AWS))

# What drives a browser joins the environment of the tests.
BROWSER := $(VENV)/.ready-browser

$(BROWSER): $(READY) locks/browser.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement locks/browser.txt && touch $@

driver: $(BROWSER)

# The browser is the one on PATH, or Debian's, or what playwright installs: MLOPS_BROWSER says where another one is.
test-console: $(BROWSER) ## The console in a real browser: a mistake, a pipeline, approvals, a drift report; axe-core over every page
	@$(BIN)/python -m scripts.environments.chromium
	@$(BIN)/pytest tests/browser $(ARGS)

pictures: $(BROWSER) ## Make the guide's pictures of terminal and console anew, from real runs on the local AWS
	@$(BIN)/python -m scripts.environments.chromium
	@$(BIN)/python -m scripts.pictures

# The guide as a site, in an environment of its own.
SITE_VENV := .venv-site
SITE_READY := $(SITE_VENV)/.ready

$(SITE_READY): $(SET_UP) locks/site.txt
	$(call set_up,$(SITE_VENV),site)

site: $(SITE_READY) ## The guide as a site with search, in build/site; a warning or a broken link is a failure
	@PYTHONPATH="$(CURDIR)" $(SITE_VENV)/bin/python -m scripts.site

test-pythons: ## The tests on every Python that is promised; PYTHONS="python3.12 /path/to/python" says where they are
	@"$(PYTHON)" -m scripts.environments.test_pythons $(addprefix --python=,$(PYTHONS)) $(ARGS)

TRUST := build/trust

trust: $(READY) analyse test-engine-image ## Prove permissions, faults and hostile requests; writes the table in docs/security.md
	@rm -rf $(TRUST) && mkdir -p $(TRUST)
	@MLOPS_TRUST_REPORT=$(TRUST) $(BIN)/pytest -n 2 --exhaustive -m sampled $(WITHOUT_LOCAL_AWS)
	@MLOPS_IAM_CALLS="$(CURDIR)/$(TRUST)" $(BIN)/pytest -n 3 --exhaustive --dist loadgroup \
		tests/end_to_end tests/cli tests/examples
	@$(BIN)/pytest -n 3 --exhaustive --dist loadgroup -m sampled \
		$(addprefix --ignore=,$(WITHOUT_LOCAL_AWS) tests/end_to_end tests/cli tests/examples)
	@$(BIN)/python -m tests.permissions.report $(TRUST)
	@$(BIN)/pytest tests/permissions

demo-multi: $(LOCAL) ## A model through dev, staging and prod, with approvals
	@$(BIN)/python -m scripts.demo.demo_multi $(ARGS)

demo-train: $(LOCAL) ## A model trained, registered, deployed from the registry
	@$(BIN)/python -m scripts.demo.demo_train $(ARGS)

demo-monitor: $(LOCAL) ## Monitors that are quiet, then find shifted data, lost quality and bias
	@$(BIN)/python -m scripts.demo.demo_monitor $(ARGS)

demo-loop: $(LOCAL) ## Drift, retraining, comparison, approval, deployment, and quality back (ARGS=--multi: in stages)
	@$(BIN)/python -m scripts.demo.loop $(ARGS)

demo: ## The product's main job on the local AWS: from a signed call to a prediction
	$(call timed,setup-local run-demo)

run-demo: $(LOCAL)
	@$(BIN)/python -m scripts.demo.single $(ARGS)

local: $(LOCAL) ## Start the local AWS with the solution deployed; stays in the foreground
	@$(BIN)/mlops local $(ARGS)

bench: $(READY) ## Measure; prints JSON lines
	@$(BIN)/python -m scripts.benchmark.bench $(ARGS)

# What is measured beside the monitors' engine has an environment of its own.
EVIDENTLY_VENV := .venv-evidently
EVIDENTLY_READY := $(EVIDENTLY_VENV)/.ready

$(EVIDENTLY_READY): $(SET_UP) locks/evidently.txt
	$(call set_up,$(EVIDENTLY_VENV),evidently)

bench-monitors: $(READY) $(EVIDENTLY_READY) ## Measure the monitors' engine beside Evidently; ARGS=--large for ten million records
	@$(BIN)/python -m scripts.benchmark.bench_monitors --evidently $(EVIDENTLY_VENV)/bin/python $(ARGS)

# The libraries of the image in which monitors run, at its versions.
IMAGE_VENV := .venv-engine-image
IMAGE_READY := $(IMAGE_VENV)/.ready

$(IMAGE_READY): $(SET_UP) scripts/environments/engine_image.py locks/engine-image.txt
	@"$(PYTHON)" -m scripts.environments.engine_image locks/engine-image.txt $(IMAGE_VENV) && touch $@

test-engine-image: $(READY) $(IMAGE_READY) ## Jobs of monitors with the libraries of SageMaker's image, without a network
	@found="$(abspath $(IMAGE_VENV))/bin/python"; test -x "$$found" || found="$(abspath $(BIN))/python"; \
		MLOPS_ENGINE_PYTHON="$$found" $(BIN)/pytest tests/monitor_engine/test_as_jobs.py

package: $(LOCAL) ## Build dist/orchestrator.zip (PLATFORM=host for this machine)
	@$(BIN)/python -m scripts.packaging.bundle --platform $(PLATFORM)

wheel: $(READY) ## Build the product for pip and pipx: dist/*.whl, and its source distribution
	@$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist

keep-release: $(READY) ## Keep this version under tests/releases/, for tests that upgrade from it
	@$(BIN)/python -m scripts.packaging.keep_release $(ARGS)

publish: $(LOCAL) ## Upload code and templates: make publish ARGS='--bucket NAME'
	@$(BIN)/mlops publish $(ARGS)

deploy: $(LOCAL) ## Launch or update the root stack: make deploy ARGS='--email YOU@EXAMPLE.COM'
	@$(BIN)/mlops deploy $(ARGS)

destroy: $(LOCAL) ## Remove the root stack; data stays. With all pipelines: make destroy ARGS=--pipelines
	@$(BIN)/mlops destroy $(ARGS)

images: $(READY) ## Refresh the table of built-in images
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement locks/images.txt
	@$(BIN)/python -m scripts.packaging.refresh_image_uris

clean: ## Remove what was built, with the virtual environment
	rm -rf .venv .venv-* build dist .hypothesis .local-aws .mypy_cache .pytest_cache .ruff_cache *.egg-info
