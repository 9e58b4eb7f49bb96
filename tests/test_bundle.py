# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import paths
from scripts.environments import installing
from scripts.packaging import bundle, dependencies
from tests.set_up.wheels import make_wheel

_TEMPLATE = "pipelines/single_account_codepipeline.yaml"


def _tree(folder: Path, extra: str = "") -> tuple[Path, Path, Path]:
    """A small package, its installed dependencies, and its templates."""
    files = {
        "package/__init__.py": "",
        "package/data/table.json": "{}",
        "package/__pycache__/module.cpython-311.pyc": extra,
        "package/tests/test_module.py": extra,
        "installed/library/__init__.py": "x = 1",
        "installed/library/module.pyi": "x: int",
        "installed/library/py.typed": "",
        "installed/library/ui/bundle.min.js": "",
        "installed/library-1.0.dist-info/RECORD": extra,
        "installed/library-1.0.dist-info/INSTALLER": extra,
        "installed/library-1.0.dist-info/licenses/LICENSE": "MIT",
        "installed/bin/tool.py": extra,
        "templates/root.yaml": extra,
        "templates/blueprints/one.yaml": "Resources: {}",
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder / "package", folder / "installed", folder / "templates"


def test_bundle_holds_what_runs_what_it_deploys_and_the_licences(tmp_path: Path) -> None:
    made = bundle.collect(*_tree(tmp_path))

    assert [name for name, _ in made.files] == [
        "library/__init__.py",
        "licenses/library-1.0/LICENSE",
        "package/__init__.py",
        "package/data/table.json",
        "templates/blueprints/one.yaml",
    ]


def test_same_source_gives_same_bytes_anywhere_at_any_time(tmp_path: Path) -> None:
    here, there = _tree(tmp_path / "here"), _tree(tmp_path / "there", extra="installed by another machine")
    module = there[1] / "library" / "__init__.py"
    os.utime(module, (0, 0))
    module.chmod(0o700)

    assert bundle.collect(*here).zipped() == bundle.collect(*there).zipped()


def _copied(folder: Path, dependencies_folder: Path, *, backwards: bool) -> Path:
    """A checkout elsewhere with what a build needs; `backwards`, its files are made in another order, time and mode."""
    for name in ("generator", "lambda_src", "scripts", "templates", f"build/{dependencies_folder.name}"):
        source = paths.ROOT / name
        files = sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        for path in reversed(files) if backwards else files:
            target = folder / path.relative_to(paths.ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            if backwards:
                target.chmod(0o700)
                os.utime(target, (0, 0))
    return folder


@pytest.mark.parametrize("platform", dependencies.PLATFORMS)
def test_two_checkouts_build_the_same_archive(tmp_path: Path, platform: dependencies.Platform) -> None:
    cached = dependencies.folder("host") if platform == "host" else dependencies.place(platform)
    if not cached.is_dir():
        pytest.skip("`make package` has not fetched the dependencies for Lambda: this test uses no network")
    digests = set()
    for number in (1, 2):
        checkout = _copied(tmp_path / f"checkout-{number}", cached, backwards=number == 2)
        environment = {**os.environ, "PYTHONHASHSEED": str(number), "TZ": f"UTC{number}", "PIP_NO_INDEX": "1"}
        command = [sys.executable, "-m", "scripts.packaging.bundle", "--platform", platform]
        umask = 0o022 if number == 1 else 0o077
        ran = subprocess.run(
            command, cwd=checkout, env=environment, umask=umask, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert str(checkout) in ran.stdout
        digest = hashlib.sha256((checkout / "dist" / bundle.BUNDLE_NAME).read_bytes()).hexdigest()
        assert f"SHA-256 {digest}\n" in ran.stdout
        digests.add(digest)
    assert len(digests) == 1


@pytest.mark.parametrize("changed", ["package/__init__.py", "templates/blueprints/one.yaml"])
def test_changed_source_gives_other_bytes(tmp_path: Path, changed: str) -> None:
    parts = _tree(tmp_path)
    before = bundle.collect(*parts).zipped()
    (tmp_path / changed).write_text("changed")

    assert bundle.collect(*parts).zipped() != before


def test_host_bundle_runs_without_anything_installed(tmp_path: Path) -> None:
    """The whole request path up to the first AWS call needs nothing but the bundle, not even boto3."""
    content = bundle.build("host").zipped()
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)
    code = (
        "import orchestrator.api, sys; assert 'boto3' not in sys.modules; print(orchestrator.api.__file__);"
        f"from orchestrator import templates; print(templates.read({_TEMPLATE!r}) == sys.stdin.buffer.read())"
    )

    # -S: without the interpreter's own site-packages.
    command, environment = [sys.executable, "-S", "-c", code], {"PYTHONPATH": str(tmp_path)}
    with (paths.TEMPLATES / _TEMPLATE).open() as template:
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, stdin=template, capture_output=True, text=True, check=False
        )

    file, has_template = ran.stdout.splitlines() or [ran.stderr, ""]
    assert (file.startswith(str(tmp_path)), has_template) == (True, "True"), ran.stderr
    assert len(content) < 6_000_000


def test_boto3_is_left_to_the_runtime() -> None:
    assert re.findall(r"^(?:boto3|botocore)\b", paths.REQUIREMENTS.read_text(), re.MULTILINE) == []


def test_dependencies_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = dependencies.folder("host", build=tmp_path)
    monkeypatch.setenv("UV_OFFLINE", "1")
    (first / "marker").touch()

    assert dependencies.folder("host", build=tmp_path) == first
    assert (first / "marker").exists()
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


class TestWhatIsNotInstalledHere:
    """With uv; pip does the same where there is none: tests/set_up."""

    @pytest.fixture
    def requirements(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A distribution that only a folder of wheels has, with its hash."""
        monkeypatch.setenv("UV_OFFLINE", "1")
        monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
        written = tmp_path / "requirements.txt"
        written.write_text(make_wheel(tmp_path, "harbour", {"harbour.py": "", "tide.py": ""}))
        return written

    @pytest.mark.parametrize("platform", dependencies.PLATFORMS)
    def test_it_is_fetched(self, tmp_path: Path, requirements: Path, platform: dependencies.Platform) -> None:
        fetched = dependencies.folder(platform, requirements, tmp_path / "build")

        assert {path.name for path in fetched.iterdir()} == {"harbour.py", "tide.py", "harbour-1.0.dist-info"}

    def test_another_file_than_the_one_pinned_is_refused(self, tmp_path: Path, requirements: Path) -> None:
        make_wheel(tmp_path, "harbour", {"harbour.py": "changed = True"})

        with pytest.raises(
            dependencies.DependencyError, match=r"another file for harbour==1\.0 than requirements\.txt"
        ):
            dependencies.folder("host", requirements, tmp_path / "build")
        assert list((tmp_path / "build").iterdir()) == []

    def test_neither_uv_nor_pip(self, tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(installing, "uv", lambda: None)
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

        with pytest.raises(dependencies.DependencyError, match="install uv, and try again"):
            dependencies.folder("host", requirements, tmp_path / "build")
