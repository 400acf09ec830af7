"""The documentation names what there is: settings, commands, and no page that does not exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from hub.env import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = sorted(
    file.stem for app in ("hub", "syncconfig") for file in (ROOT / app / "management" / "commands").glob("[a-z]*.py")
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_each_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "settings.md").read_text()
    assert re.search(rf"^#?{name}=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {setting.name for setting in SETTINGS}
    for page in [*PAGES, ROOT / ".env.example", ROOT / "compose.yaml", ROOT / "Dockerfile"]:
        named = set(re.findall(r"\bHUB_[A-Z_]*[A-Z]\b", page.read_text())) - known
        assert {name for name in named if not name.startswith("HUB_TEST_") and name != "HUB_ODOO"} == set(), page


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_documented(command: str) -> None:
    assert f"manage.py {command}" in (ROOT / "docs" / "commands.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("name", re.findall(r"`(tests/[\w/]+\.py)", (ROOT / "docs" / "features.md").read_text()))
def test_each_test_that_features_names_exists(name: str) -> None:
    assert (ROOT / name).is_file()


COVERAGE = (ROOT / "docs" / "api-reference-coverage.md").read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(tests/[^`]+)`", COVERAGE))))
def test_each_test_that_the_coverage_of_the_reference_names_exists(name: str) -> None:
    file, _, within = name.partition("::")
    if file.endswith("/"):
        assert (ROOT / file).is_dir()
        return
    nodes = ast.parse((ROOT / file).read_text()).body
    for part in within.split("::"):
        found = [one for one in nodes if isinstance(one, ast.ClassDef | ast.FunctionDef) and one.name == part]
        assert found, f"{part} is not in {file}"
        nodes = found[0].body
    assert part.startswith("test_") or isinstance(found[0], ast.ClassDef)


def test_each_line_of_the_coverage_says_not_yet_or_names_a_test() -> None:
    rows = [line.split("|")[1:-1] for line in COVERAGE.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) > 40
    assert [row for row in rows if ("not yet" in row[1]) is ("`tests/" in row[2])] == []
