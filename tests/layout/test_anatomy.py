"""The rooms are the same in all nine services, and their READMEs say what the code does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "admin",
    "api",
    "apps",
    "clients",
    "consumers",
    "forms",
    "jobs",
    "manage",
    "management",
    "migrations",
    "models",
    "operations",
    "pages",
    "queries",
    "rules",
    "settings",
    "static",
    "templates",
    "tests",
    "urls",
}
EXTENSIONS = {"catalog": {"seed"}}
NEEDED = {"manage", "settings", "urls", "operations", "models", "migrations", "tests"}
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_SETTINGS = 400, 60, 20

every_service = pytest.mark.parametrize("service", SERVICES)


def sources(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "migrations" not in path.parts and "__pycache__" not in path.parts:
            yield path


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@every_service
def test_a_service_has_the_rooms_and_no_others(service):
    found = {
        path.stem
        for path in (ROOT / service).iterdir()
        if path.stem not in {"__init__", "__pycache__", "README"}
    }

    assert found - ROOMS - EXTENSIONS.get(service, set()) == set()
    assert found >= NEEDED
    assert (ROOT / service / "README.md").exists()


@every_service
def test_manage_is_the_same_but_for_the_name(service):
    def text(name):
        return (ROOT / name / "manage.py").read_text().replace(name, "SERVICE")

    assert text(service) == text("inventory")


@every_service
def test_its_own_settings_are_few(service):
    package = ROOT / service / "settings" / "__init__.py"
    own = package if package.exists() else ROOT / service / "settings.py"
    lines = [line for line in own.read_text().splitlines() if line.strip()]

    assert len(lines) < LONGEST_SETTINGS


@every_service
def test_it_lives_under_its_own_first_segment(service):
    routes = re.findall(
        r'^    path\("([^"]*)"',
        (ROOT / service / "urls.py").read_text().split("urlpatterns")[1],
        re.M,
    )
    elsewhere = [route for route in routes if not route.startswith(f"{service}/")]

    shop_wide = {"", "robots.txt", "sitemap.xml", ".well-known/security.txt", "docs/api/"}
    allowed = shop_wide if service == "catalog" else set()
    assert set(elsewhere) <= allowed


def published_by(service: str) -> set[str]:
    """The facts that the operations name in a call, by their names on the wire."""
    classes = fact_names()
    return {
        classes[node.func.id]
        for path in sources(service)
        if "tests" not in path.parts and "operations" in path.as_posix()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in classes
    }


def consumed_by(service: str) -> set[str]:
    classes = fact_names()
    return {
        classes[node.args[0].id]
        for path in sources(service)
        if "tests" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "consumes"
        and isinstance(node.args[0], ast.Name)
    }


def fact_names() -> dict[str, str]:
    """Class -> name on the wire, read from the contracts."""
    names = {}
    for path in sources("shared/contracts"):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                for item in node.body:
                    if (
                        isinstance(item, ast.AnnAssign)
                        and getattr(item.target, "id", "") == "name"
                        and isinstance(item.value, ast.Constant)
                    ):
                        names[node.name] = str(item.value.value)
    return names


def told_by_readme(service: str, row: str) -> set[str]:
    text = (ROOT / service / "README.md").read_text()
    line = next(x for x in text.splitlines() if x.startswith(f"| **{row}** |"))
    return set(re.findall(r"`([a-z_]+\.[a-z_]+)`", line))


@every_service
def test_the_readme_says_what_it_publishes(service):
    assert told_by_readme(service, "Publishes") == published_by(service)


@every_service
def test_the_readme_says_what_it_consumes(service):
    assert told_by_readme(service, "Consumes") == consumed_by(service)


def test_somebody_publishes_every_fact_that_somebody_consumes():
    published = set().union(*map(published_by, SERVICES))
    consumed = set().union(*map(consumed_by, SERVICES))

    assert consumed <= published
    assert published <= set(fact_names().values())


@pytest.mark.parametrize("folder", [*SERVICES, "shared", "compose", "tests", "gateway-nginx"])
def test_files_and_functions_are_short(folder):
    long_files, long_functions = [], []
    for path in sources(folder):
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE:
            long_files.append(f"{path.relative_to(ROOT)} ({lines} > {LONGEST_FILE} lines)")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long_functions.append(f"{path.relative_to(ROOT)}:{node.name} ({length})")

    assert long_files == []
    assert long_functions == []


def test_every_admin_is_one_of_the_back_office():
    """They alone hold a row and refuse what others changed since its page was opened."""
    rooms = [*ROOT.glob("*/admin.py"), *ROOT.glob("*/admin/*.py")]
    text = "\n".join(path.read_text() for path in rooms)

    assert len(rooms) >= 9
    assert not re.findall(r"unfold\.admin\b|admin\.(?:ModelAdmin|\w+Inline)\b", text)


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    folders = [*SERVICES, "shared", "compose", "gateway-nginx", "tests"]
    marked = [
        path.as_posix()
        for folder in folders
        for path in sources(folder)
        if words.search(path.read_text())
    ]

    assert marked == []
