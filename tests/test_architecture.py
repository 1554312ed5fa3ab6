"""The house as docs/architecture.md draws it: imports go down, the core does no I/O, the moment is an argument, SQL has one room."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "monitor"
# From the top; a room may import itself and the rooms below it.
ROOMS = (
    {"__main__"},
    {"cli"},
    {"daemon", "schedule", "sdnotify", "logs", "clock", "heap"},
    {"demo"},
    {"web"},
    {"health"},
    {"backfill"},
    {"poller", "moa"},
    {"intake"},
    {"publishers"},
    {"notifiers"},
    {"citing", "backup"},
    {"report"},
    {"store"},
    {"evidence", "statedir", "verdicts", "apart", "reader"},
    {"fetcher", "decompression", "addresses"},
    {"core"},
    {"config"},
    {"charts"},
    {"texts"},
    {"__init__"},
)
FLOORS = {room: len(ROOMS) - number for number, rooms in enumerate(ROOMS) for room in rooms}
# Where the clock may be read: the top, and a log line's own moment.
CLOCKS = {"cli", "daemon", "clock", "logs"}
READS_CLOCK = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"}
SHELL = {
    "httpx",
    "sqlite3",
    "sqlite_utils",
    "subprocess",
    "socket",
    "threading",
    "asyncio",
    "requests",
    "urllib.request",
    "logging",
}
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(CREATE|DROP|ALTER)\s+(TABLE|INDEX)|PRAGMA\s"
    r"|BEGIN\s+IMMEDIATE|WHERE\s+\w+\s*=|ORDER\s+BY)",
    re.DOTALL,
)
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "shared", "base"}
LONGEST = 400

FILES = sorted(ROOT.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]


def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text("utf-8"), name)


def room(name: str) -> str:
    """The room of a file, by its path below monitor/."""
    return name.removesuffix(".py").split("/")[0]


def is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def running(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and all below it, without what stands under `if TYPE_CHECKING:`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if is_typing_only(child):
            assert isinstance(child, ast.If)
            for other in child.orelse:
                yield from running(other)
        else:
            yield from running(child)


def imported(name: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every module a file imports, wherever in it."""
    for node in running(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert node.level == 0, f"{name}:{node.lineno}: a relative import"
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def room_imported(module: str) -> str | None:
    """The room of ours that `module` is in, None where it is none of ours."""
    parts = module.split(".")
    if parts[0] != "monitor":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "__init__"


def strings(name: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every string a file holds, docstrings aside; of an f-string the fixed pieces as one."""
    module = tree(name)
    documented = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.lineno, node.value


def test_every_file_has_its_room() -> None:
    assert len(FILES) > 40
    homeless = [name for name in NAMES if room(name) not in FLOORS]
    assert homeless == [], "give it a place in ROOMS, and in docs/architecture.md"


def test_every_room_stands_in_the_documentation() -> None:
    text = (ROOT.parent / "docs" / "architecture.md").read_text("utf-8")
    rooms = {room(name) for name in NAMES} - {"__init__", "__main__"}
    assert {name for name in rooms if f"`{name}.py`" not in text and f"`{name}/`" not in text} == set()


@pytest.mark.parametrize("name", NAMES)
def test_imports_go_down(name: str) -> None:
    floor = FLOORS.get(room(name), 0)
    up = []
    for line, module in imported(name):
        target = room_imported(module)
        if target and target != room(name) and FLOORS[target] > floor:
            up.append(f"{name}:{line}: {module} stands above {room(name)}")
    assert up == []


def test_imports_are_read_wherever_they_stand() -> None:
    assert "monitor.daemon.Daemon" in {module for _, module in imported("cli/running.py")}, "imports in functions are missed"
    assert "monitor.store.Store" not in {module for _, module in imported("cli/__init__.py") if module.endswith(".Settings")}
    below_typing = ast.parse("if TYPE_CHECKING:\n    import a\nelse:\n    import b\n")
    assert [alias.name for node in running(below_typing) if isinstance(node, ast.Import) for alias in node.names] == ["b"]


@pytest.mark.parametrize("name", [name for name in NAMES if room(name) == "core"])
def test_the_core_imports_nothing_of_the_shell(name: str) -> None:
    for line, module in imported(name):
        assert room_imported(module) in (None, "core", "__init__"), f"{name}:{line}: {module}"
        assert module not in SHELL, f"{name}:{line}: {module} does I/O"
        assert module.split(".")[0] not in SHELL, f"{name}:{line}: {module} does I/O"


@pytest.mark.parametrize("name", [name for name in NAMES if room(name) == "core"])
def test_the_core_opens_no_file_but_those_of_its_own_package(name: str) -> None:
    opened = [
        f"{name}:{node.lineno}"
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input")
    ]
    assert opened == []
    assert not [line for line, module in imported(name) if module.startswith(("pathlib", "os", "shutil", "tempfile"))]


@pytest.mark.parametrize("name", [name for name in NAMES if room(name) not in CLOCKS])
def test_nobody_below_the_commands_and_the_daemon_reads_the_clock(name: str) -> None:
    assert clocks(tree(name)) == []


def clocks(module: ast.Module) -> list[str]:
    """Where a module asks a clock for the moment: datetime.now, date.today, time.time and their like, called or handed on."""
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and node.attr in READS_CLOCK
        and ast.unparse(node.value).split(".")[-1] in ("datetime", "date", "time")
    ]


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("datetime.now(UTC)", 1),
        ("dt.datetime.utcnow()", 1),
        ("date.today()", 1),
        ("field(default_factory=datetime.now)", 1),
        ("time.time()", 1),
        ("time.monotonic()", 0),
        ("datetime.combine(day, time(8))", 0),
        ("job.now()", 0),
    ],
)
def test_a_clock_is_recognised(code: str, number: int) -> None:
    assert len(clocks(ast.parse(code))) == number


@pytest.mark.parametrize("name", [name for name in NAMES if room(name) != "store"])
def test_sql_has_one_room(name: str) -> None:
    assert [f"{name}:{line}: {text}" for line, text in strings(name) if SQL.search(text)] == []
    assert not {module.split(".")[0] for _, module in imported(name)} & {"sqlite3", "sqlite_utils"}


def test_sql_is_recognised_where_it_is() -> None:
    found = {name for name in NAMES for _, text in strings(name) if SQL.search(text)}
    assert found == {
        f"store/{name}.py"
        for name in (
            "__init__",
            "alerts",
            "copying",
            "journal",
            "listings",
            "log",
            "migrations",
            "opening",
            "outbox",
            "papers",
            "questions",
            "sightings",
            "soundness",
            "tables",
            "told",
        )
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_module_s_name_says_what_lives_there(name: str) -> None:
    words = {part for word in name.removesuffix(".py").split("/") for part in word.split("_")}
    assert not words & VAGUE


@pytest.mark.parametrize("name", NAMES)
def test_a_file_can_be_read_in_one_sitting(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", NAMES)
def test_a_file_opens_by_saying_what_lives_there(name: str) -> None:
    assert ast.get_docstring(tree(name)), f"{name} has no docstring"
