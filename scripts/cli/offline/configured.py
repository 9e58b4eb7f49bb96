# SPDX-License-Identifier: Apache-2.0
"""`mlops config`: every setting, its source, and the AWS that follows from them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mlops_orchestrator.settings import files
from mlops_orchestrator.settings.choosing import Chosen
from mlops_orchestrator.settings.effective import Setting
from mlops_orchestrator.settings.local_state import NoLocalAwsError
from scripts.cli import connection
from scripts.cli.drafting import configured_region
from scripts.cli.options import Access
from scripts.cli.output import Output

_OF_PROFILE = "the AWS configuration"


def run(access: Access) -> None:
    """Show them; a setting that cannot be used is an error as in any other command."""
    output = Output(access.form)
    try:
        chosen = access.chosen
        where = _where(chosen)
    except NoLocalAwsError as error:
        chosen, where = Chosen(connection.settings(access)), str(error)
    listed = list(_listed(chosen))
    read = [str(path) for path, _ in chosen.settings.found.files]
    output.document(
        {
            "settings": {name: {"value": setting.value, "source": setting.source} for name, setting in listed},
            "files": read,
            "aws": where,
        }
    )
    output.table(("setting", "value", "from"), [(name, setting.value, setting.source) for name, setting in listed])
    output.say(f"Commands of this folder use {where}.")
    for path in read:
        output.say(f"read: {path}")
    if not read:
        own = files.of_person(os.environ)
        also = f", or for all folders {own}" if own else ""
        output.say(f"No {files.NAME} was found: write {Path.cwd() / files.NAME}{also}.")


def _listed(chosen: Chosen) -> Iterator[tuple[str, Setting]]:
    for name, setting in chosen.settings.listed():
        if name != "region":
            yield name, setting
        elif chosen.local is not None and not setting.is_option:
            yield name, Setting(chosen.local.region, str(chosen.local.file))
        elif setting.is_given:
            yield name, setting
        else:
            yield name, Setting(configured_region(chosen.settings.profile.value) or "", _OF_PROFILE)


def _where(chosen: Chosen) -> str:
    if chosen.local is not None:
        return f"the local AWS at {chosen.endpoint_url}, which {chosen.by or chosen.local.file} names"
    if chosen.endpoint_url:
        return f"the AWS at {chosen.endpoint_url}, which {chosen.by} names"
    return f"AWS, which {chosen.by} names" if chosen.by else "AWS, by the credentials that boto3 finds"
