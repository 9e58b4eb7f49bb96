# SPDX-License-Identifier: Apache-2.0
"""Keys in the pipelines bucket of everything that belongs to a pipeline, by its common name.

The common name is that of the deployment stack, or the prefix of the names of its StackSets. Permissions
of roles and of the bucket's policy name the same places, with a star for the common name.
"""

from __future__ import annotations

from typing import Final

ROOT: Final = "provisioned/"
DELETING: Final = "deleting/"
"""Markers of deletions; the pipeline's common name follows."""
REPORTED: Final = "reported/"
"""Markers of what is done once (`aws/claims.py`); they expire."""
RUNS_MISSING: Final = f"{REPORTED}RunsMissing/"
"""Markers of missing runs of monitors; account and stack follow."""
REPORTED_DAYS: Final = 30
"""Days after which these markers expire."""
REGISTERED: Final = "registered/"
"""What became of the registration of jobs' models, and the metrics of their versions."""
RUNS: Final = "runs/"
"""What events told of monitors' runs in the accounts of stages; it expires."""
RUNS_DAYS: Final = 90
"""Days after which it expires."""
AUTOMATION: Final = "automation/"
"""What is kept for pipelines that the closed loop concerns: pauses, and causes of retrainings."""
STEPS: Final = "automation-steps/"
"""Automatic steps, and why some were not taken; they expire."""
STEPS_DAYS: Final = 400
"""Days after which they expire."""
FOLLOWERS: Final = "followers/"
FOLLOWERS_OF_GROUPS: Final = f"{FOLLOWERS}groups/"
"""Pipelines that deploy what is approved in a model package group, whose name follows."""
FOLLOWERS_OF_ENDPOINTS: Final = f"{FOLLOWERS}endpoints/"
"""Monitors whose baselines follow what an endpoint deploys, whose name follows."""
RETRAIN: Final = "retrain/"
"""A monitor's instructions to retrain."""
ANALYSIS: Final = "analysis/"
"""Clarify's configurations."""
ENGINE: Final = "engine/"
"""The open engine that a monitor's jobs run."""
REGISTRATIONS: Final = "registrations/"
"""Instructions to register a job's model. Kept when the pipeline is deleted, because a job may still run."""
REQUESTS: Final = "requests/"
"""Values that are too long for a parameter."""
FUNCTIONS: Final = "functions/"
"""Code of functions that a pipeline deploys."""
SMOKE_FIGURES: Final = "smoke-figures/"
"""What smoke tests have found."""
TEMPLATES: Final = "templates/"
"""Blueprint templates that are too long for a request of a StackSet."""


def folder(common_name: str) -> str:
    """Prefix of the keys of a pipeline's objects."""
    return f"{ROOT}{common_name}/"


def package(common_name: str) -> str:
    """The key of what the pipeline's source action reads."""
    return f"{folder(common_name)}template.zip"


def request(common_name: str) -> str:
    """The key of a pipeline's request where its package, made by an earlier release, has none."""
    return f"{folder(common_name)}request.json"


def kept(common_name: str) -> str:
    """Prefix of the keys of what the closed loop keeps for a pipeline, its steps excepted."""
    return f"{AUTOMATION}{common_name}/"


def paused(common_name: str) -> str:
    """The key of the pause of a pipeline."""
    return f"{kept(common_name)}paused.json"


def pending(common_name: str) -> str:
    """The key of an automatic change of a pipeline that has begun, or waits for the end of a pause."""
    return f"{kept(common_name)}pending.json"


def retrainings(common_name: str) -> str:
    """Prefix of the keys of the causes of a training pipeline's retrainings."""
    return f"{kept(common_name)}retrainings/"


def preparations(common_name: str) -> str:
    """Prefix of the keys of the preparations of data for a training pipeline's retrainings."""
    return f"{kept(common_name)}preparations/"


def retraining_lock(common_name: str) -> str:
    """The key of the lock that is held while a training pipeline is made to train again."""
    return f"{kept(common_name)}lock"


def steps(common_name: str) -> str:
    """Prefix of the keys of a pipeline's automatic steps."""
    return f"{STEPS}{common_name}/"


def smoke_figures(common_name: str) -> str:
    """Prefix of the keys of what is known of a pipeline's smoke tests, an object for each account."""
    return f"{folder(common_name)}{SMOKE_FIGURES}"


def runs(common_name: str) -> str:
    """Prefix of the keys of what is known of a pipeline's runs in other accounts."""
    return f"{RUNS}{common_name}/"


def reported_job(noun: str, name: str, status: str) -> str:
    """The key of the marker of a job's end."""
    return f"{REPORTED}{noun}/{name}/{status}"


def reported_retraining(account: str, job: str) -> str:
    """The key of the marker of what the end of a job has brought about for a retraining."""
    return f"{REPORTED}Retraining/{account}/{job}"


def follower_of_group(group: str, common_name: str) -> str:
    """Return the key of a pipeline's entry for a model package group that it follows."""
    return f"{FOLLOWERS_OF_GROUPS}{group.lower()}/{common_name}.json"


def follower_of_endpoint(endpoint: str, common_name: str) -> str:
    """Return the key of a monitor's entry for an endpoint that it follows."""
    return f"{FOLLOWERS_OF_ENDPOINTS}{endpoint.lower()}/{common_name}.json"
