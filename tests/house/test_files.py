"""What a file of the project never contains, and what the locked dependencies always have."""

import json
import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, files, name

REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|yarnpkg\.com|deb\.debian\.org"
    r"|--(extra-)?index-url|--find-links|/simple/?['\"\s]|\"resolved\":|registry\s*=",
    re.IGNORECASE,
)
MACHINE_PATH = re.compile(r"(?<![\w./-])/(work|tmp|root|home)/\w")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    found = {}
    for path in files():
        try:
            found[name(path)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image or a font
    found.pop(name(Path(__file__)))
    return found


def offences(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{file}:{number}: {line.strip()[:80]}"
        for file, text in texts.items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry(texts: dict[str, str]) -> None:
    assert offences(texts, REGISTRY) == []


def test_no_file_names_a_folder_of_the_machine_it_was_written_on(texts: dict[str, str]) -> None:
    assert offences(texts, MACHINE_PATH) == []


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_every_python_package_is_pinned_with_its_hashes(file: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[a-z0-9-]+==\S+ ", line), line[:80]
        assert "--hash=sha256:" in line, line[:80]


def test_development_runs_on_the_very_versions_that_production_gets() -> None:
    def pins(file: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==\S+", (ROOT / file).read_text(), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_every_browser_package_is_pinned_with_its_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    for path, package in packages.items():
        assert not path or package["integrity"].startswith("sha512-"), path


def test_setup_installs_nothing_but_what_the_lock_files_pin() -> None:
    manifest = json.loads((ROOT / "package.json").read_text())
    for field in ("dependencies", "devDependencies"):
        for package, version in manifest.get(field, {}).items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{package} {version}"
