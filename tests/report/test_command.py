"""The command `report` as people and programs use it: text, Markdown and JSON, and its one-line errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from monitor.cli import cli
from monitor.cli.output import markdown_safe, markdown_table
from tests.report.told import applied, row
from tests.support.stocked import opened, stock
from tests.support.told import HOSTILE, event

Run = Callable[..., Result]
GFM = MarkdownIt("commonmark").enable("table")
ROWS = [
    row("Duval County Sheriff's Office"),
    row("<script>|[x](https://evil.example) Airport Police"),
    row("Kershaw County Sheriff's Office", county="Kershaw | County\n# forged"),
]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `report` on a record of three days from 31 May 2025 on: read first, one new, one gone."""
    with opened(tmp_path) as store:
        stock(store, ROWS, [event("agreement.baseline", one) for one in ROWS])
        stock(store, [], [event("application.baseline", applied("Alder Police Department"))], list_name="pending")
        new = row("*Beech* College Police Department", model="JEM")
        stock(store, [new], [event("agreement.added", new), event("agreement.removed", ROWS[0])])

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--state", str(tmp_path), "report", *arguments], prog_name="monitor287g")

    return command


def test_text_is_headed_parts_with_every_name_on_its_line(run: Run) -> None:
    result = run("--as-of", "2025-06-10", "--since", "2025-06-01")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "287(g) as of June 10, 2025, 00:00 UTC"
    assert "3 agreements of 3 agencies in 1 state; 1 pending application." in lines
    assert "1 agreement ended: Florida 1." in lines
    assert "Ended: Duval County Sheriff's Office (FL), TFM, signed February 26, 2025" in lines
    assert "# forged" not in lines
    assert any(line.startswith("Not counted: Kershaw County Sheriff's Office (FL, county printed as Kershaw |") for line in lines)


def test_markdown_is_tables_and_lists_that_show_every_name_as_it_is(run: Run) -> None:
    result = run("--as-of", "2025-06-10", "--markdown")
    assert result.exit_code == 0, result.output
    html = GFM.render(result.stdout)
    assert html.count("<h1>") == 1
    assert html.count("<h2>") == 6
    assert html.count("<table>") == 2
    assert "<script>" not in html
    assert "<a " not in html
    assert "&lt;script&gt;|[x](https://evil.example) Airport Police" in html
    assert "*Beech* College Police Department" in html
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in result.stdout.splitlines() if line.startswith("| ")}
    assert widths == {5, 6}


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text[:20]) for text in HOSTILE])
def test_markdown_shows_hostile_text_as_it_is(text: str) -> None:
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    for source in (markdown_table(["A", "B"], [[text, "end"]]), f"- {markdown_safe(text)}\n- end"):
        html = GFM.render(source)
        cells = re.findall(r"<(?:td|li)>(.*?)</(?:td|li)>", html, re.DOTALL)
        assert len(cells) == 2, html
        plain = cells[0].replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
        assert plain == shown


def test_no_address_becomes_a_link_where_markdown_links_bare_ones() -> None:
    assert "://" not in markdown_safe("see https://evil.example")
    assert "www." not in markdown_safe("see www.evil.example")


def test_json_is_one_document_with_the_names_that_programs_read(run: Run) -> None:
    value = json.loads(run("--as-of", "2025-06-10", "--json").stdout)
    assert value["agreements"] == {
        "total": 3,
        "states": 1,
        "models": {"JEM": {"total": 1, "states": 1}, "TFM": {"total": 2, "states": 1}, "WSO": {"total": 0, "states": 0}},
        "by_state": {"FL": 3},
    }
    assert value["pending"]["total"] == 1
    assert (value["as_of"], value["since"]) == ("2025-06-10T00:00:00Z", "2025-06-03T00:00:00Z")
    documented = (Path(__file__).parents[2] / "docs/report.md").read_text("utf-8")
    assert [name for name in value if f"`{name}`" not in documented] == []


def test_without_a_moment_it_is_of_now(run: Run) -> None:
    value = json.loads(run("--json").stdout)
    assert (value["agreements"]["total"], value["changes"]["begun"]["total"]) == (3, 0)


def test_before_the_record_begins_it_gives_no_figures_and_says_so(run: Run) -> None:
    result = run("--as-of", "2020-01-01")
    assert (result.exit_code, result.stderr) == (0, "nothing was known then; the record begins on 2025-05-31 at 14:05 UTC\n")
    assert "sheriff" not in result.stdout
    assert run("--as-of", "2020-01-01", "--markdown").exit_code == 0
    assert json.loads(run("--as-of", "2020-01-01", "--json").stdout)["record_begins"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--json", "--markdown"), "--json and --markdown exclude each other"),
        (("--as-of", "2025-06-01", "--since", "2025-06-02"), "--since is later than the report's own moment"),
        (("--state", "Nowhere"), "'Nowhere' is no state"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_report_of_one_state_names_it_and_no_other(run: Run) -> None:
    result = run("--as-of", "2025-06-10", "--state", "alaska")
    assert result.stdout.startswith("287(g) in Alaska as of June 10, 2025")
    assert "Without county sheriffs, so without a share: Alaska." in result.stdout
    assert "Florida" not in result.stdout
