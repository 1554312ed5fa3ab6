"""config.yaml: what is right loads, and every mistake is one line that says where it is and what to do."""

from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import BaseModel

from monitor import notifiers
from monitor.cli import cli
from monitor.config import Channel, ConfigError, Configuration, Settings, load

ROOT = Path(__file__).parents[1]
SECRET = "T00/B00/s3cr3t-t0ken"
ENVIRONMENT = {"HOOK": f"https://hooks.slack.com/services/{SECRET}"}


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def loaded(folder: Path, text: str, environment: dict[str, str] | None = None) -> Configuration:
    return load(written(folder, text), environment or {}, notifiers.check)


def mistakes(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    """The lines that a user reads about a file with `text`, without the file's name; each begins with its line number."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environment)
    lines = str(caught.value).split("\n")
    name = str(folder / "config.yaml")
    assert all(line.startswith(name) for line in lines), f"a line does not begin with the file it is about: {lines}"
    return [line.removeprefix(f"{name}:").removeprefix(name) for line in lines]


def keys(value: Any, above: str = "") -> set[str]:
    """Dotted names of all keys in nested groups."""
    found: set[str] = set()
    for name, below in value.items():
        nested = below.model_dump() if isinstance(below, BaseModel) else below
        found |= keys(nested, f"{above}{name}.") if isinstance(nested, dict) else {f"{above}{name}"}
    return found


def test_the_file_of_the_project_loads_and_says_what_would_hold_without_it() -> None:
    settings = load(ROOT / "config.yaml", {}, notifiers.check).settings
    assert settings == Settings(state=ROOT / "state")


def test_the_file_of_the_project_shows_every_key_there_is() -> None:
    shown = keys(yaml.safe_load((ROOT / "config.yaml").read_text("utf-8")))
    assert shown == keys(Settings().model_dump())


def test_the_channels_of_the_example_work_once_they_are_uncommented(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^#(  )", r"\1", (ROOT / "config.yaml").read_text("utf-8"))
    environment = dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), SECRET)
    environment |= {
        "SLACK_WEBHOOK_URL": ENVIRONMENT["HOOK"],
        "WEBHOOK_SECRET": "whsec_" + "c2VjcmV0" * 4,
        "NTFY_TOKEN": "tk_s3cr3t",
    }
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "text.j2").write_text("{{ message.title }}\n")
    channels = loaded(tmp_path, text, environment).settings.channels
    assert {channel.type for channel in channels} == {"apprise", "email", "slack", "webhook"}
    assert [channel.name for channel in channels][:2] == ["newsroom", "politics"]
    shown = {key for entry in yaml.safe_load(text)["channels"] for key in entry}
    assert set(Channel.model_fields) - {"options"} <= shown, "a key that any channel may have is not shown"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "{}\n", "---\n"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text).settings == Settings(state=tmp_path / "state")


def test_durations_clocks_and_days_are_read_as_people_write_them(tmp_path: Path) -> None:
    text = 'poll:\n  busy: {days: "sat-mon,wed", start: "8:05", end: "23:59", every: 1.5m}\n  otherwise: 2d\n  jitter: 0s\n'
    poll = loaded(tmp_path, text).settings.poll
    assert (poll.busy.start, poll.busy.end) == (time(8, 5), time(23, 59))
    assert (poll.busy.every, poll.otherwise, poll.jitter) == (timedelta(seconds=90), timedelta(days=2), timedelta(0))


def test_the_state_directory_is_relative_to_the_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, "state: data\n").settings.state == tmp_path / "data"
    assert loaded(tmp_path, "state: /var/lib/monitor\n").settings.state == Path("/var/lib/monitor")


DURATION = "expected a duration such as 30s, 10m, 1h or 3d"
WITH_UNIT = "expected a duration with its unit, such as 30s, 10m, 1h or 3d"
CLOCK = 'expected a time of day in quotes, such as "08:00"'
UNKNOWN = "unknown key; see config.yaml of the project for those there are"
GROUP = "expected a group of keys below it"
ADDRESS = "expected an address that begins with https:// or http://"
DAYS = "expected days such as mon-fri or mon,wed,sat"
SLACK = "expected the address of an incoming webhook, such as https://hooks.slack.com/services/…"
APPRISE = "expected the address of a service that Apprise knows, such as ntfys://ntfy.sh/topic"
RHYTHM = "expected `at once`, `hourly`, `daily 08:00` or `weekly mon 08:00`"
QUIET = 'expected hours such as "22:00-07:00"'
COUNTY = "is no county; expected a name such as Travis County, or Travis County, TX"
CHANNEL = "channels:\n  - type: slack\n    url: https://hooks.slack.com/x\n"
MISTAKES = {
    "unknown key": ("page: https://a.example/\npages: 1\n", f"2: pages: {UNKNOWN}"),
    "unknown key in a group": ("poll:\n  often: 5m\n", f"2: poll.often: {UNKNOWN}"),
    "unknown key in a group's group": ("poll:\n  busy:\n    days: mon\n    until: x\n", f"4: poll.busy.until: {UNKNOWN}"),
    "unknown key of a channel": (
        "channels:\n  - type: slack\n    url: https://hooks.slack.com/x\n    colour: red\n",
        f"4: channels[0].colour: {UNKNOWN}",
    ),
    "text for a number": (
        "fetch:\n  attempts: four\n",
        "2: fetch.attempts: expected a whole number",
    ),
    "number too large": ("fetch:\n\n  attempts: 11\n", "3: fetch.attempts: input should be less than or equal to 10"),
    "number too small": ("fetch: {attempts: 0}\n", "1: fetch.attempts: input should be greater than or equal to 1"),
    "share above one": ("guard: {lost_share: 5}\n", "1: guard.lost_share: input should be less than or equal to 1"),
    "number for text": ("page: 5\n", '1: page: expected text; an empty one is written ""'),
    "text for a group": ("web: 127.0.0.1:80\n", f"1: web: {GROUP}"),
    "nothing for a group": ("log:\n  level: info\npoll:\n", f"3: poll: {GROUP}"),
    "text for a list": ("allowed_hosts: www.ice.gov\n", "1: allowed_hosts: expected a list"),
    "group for a list": ("channels:\n  type: slack\n", "1: channels: expected a list"),
    "text for a channel": ("channels:\n\n  - slack\n", f"3: channels[0]: {GROUP}"),
    "list for a file": ("- page\n", "1: expected keys and values, such as `page: https://…`"),
    "duration in words": ("poll:\n  otherwise: hourly\n", f"2: poll.otherwise: {DURATION}"),
    "duration without unit": ("poll:\n  busy:\n    every: 10\n", f"3: poll.busy.every: {WITH_UNIT}"),
    "negative duration": ("poll: {jitter: -5s}\n", f"1: poll.jitter: {DURATION}"),
    "no duration at all": ("fetch: {timeout: }\n", f"1: fetch.timeout: {WITH_UNIT}"),
    "hour that is none": ('poll:\n  busy: {start: "24:00"}\n', f"2: poll.busy.start: {CLOCK}"),
    "hour without quotes": ("poll:\n  busy:\n    end: 20:00\n", f"3: poll.busy.end: {CLOCK}"),
    "time zone": (
        "poll:\n  timezone: America/Gotham\n",
        "2: poll.timezone: no time zone is called 'America/Gotham'; expected a name such as America/New_York",
    ),
    "time zone that is a folder": (
        "poll:\n  timezone: America\n",
        "2: poll.timezone: no time zone is called 'America'; expected a name such as America/New_York",
    ),
    "days": ("poll:\n  busy:\n    days: weekdays\n", f"3: poll.busy.days: {DAYS}"),
    "days in capitals": ("poll:\n  busy:\n    days: Mon-Fri\n", f"3: poll.busy.days: {DAYS}"),
    "busy hours that end before they begin": (
        'poll:\n  busy: {start: "20:00", end: "08:00"}\n',
        "2: poll.busy: start (20:00) must be before end (08:00) of the same day",
    ),
    "page without scheme": ("page: www.ice.gov/287g\n", f"1: page: {ADDRESS}"),
    "page with an impossible port": ("page: https://www.ice.gov:99999/\n", f"1: page: {ADDRESS}"),
    "public address": ("web:\n  public_url: ftp://monitor.example.org\n", f"2: web.public_url: {ADDRESS}"),
    "port to listen on": ("web:\n  listen: localhost\n", "2: web.listen: expected HOST:PORT, such as 127.0.0.1:8287"),
    "contact of two lines": (
        'contact: "desk@example.org\\r\\nX-Evil: 1"\n',
        "1: contact: expected one line of plain text: a mail address or a web address",
    ),
    "log level": ("log:\n  level: loud\n", "2: log.level: expected 'debug', 'info', 'warning' or 'error'"),
    "what a channel tells": (
        "channels:\n  - type: slack\n    url: https://hooks.slack.com/x\n    tell: [news, alarms]\n",
        "4: channels[0].tell[1]: expected 'news', 'corrections' or 'operator'",
    ),
    "group wait without unit": ("alerts:\n  group_wait: 2\n", f"2: alerts.group_wait: {WITH_UNIT}"),
    "a channel's rhythm": (f"{CHANNEL}    rhythm: monthly\n", f"4: channels[0].rhythm: {RHYTHM}"),
    "a daily channel without its time": (f"{CHANNEL}    rhythm: daily\n", f"4: channels[0].rhythm: {RHYTHM}"),
    "an hour of a digest that is none": (f"{CHANNEL}    rhythm: weekly mon 24:00\n", f"4: channels[0].rhythm: {RHYTHM}"),
    "a channel's quiet hours": (f"{CHANNEL}    quiet: 22-7\n", f"4: channels[0].quiet: {QUIET}"),
    "quiet hours that never end": (f'{CHANNEL}    quiet: "22:00-22:00"\n', f"4: channels[0].quiet: {QUIET}"),
    "a channel's time zone": (
        f"{CHANNEL}    timezone: Gotham\n",
        "4: channels[0].timezone: no time zone is called 'Gotham'; expected a name such as America/New_York",
    ),
    "a channel's pause without unit": (f"{CHANNEL}    pause: 1\n", f"4: channels[0].pause: {WITH_UNIT}"),
    "a channel's name": (
        f"{CHANNEL}    name: a/b\n",
        "4: channels[0].name: expected a short name of letters, digits, blanks, dots and hyphens",
    ),
    "unknown key of a filter": (f"{CHANNEL}    filter:\n      state: [TX]\n", f"5: channels[0].filter.state: {UNKNOWN}"),
    "text for a list of states": (f"{CHANNEL}    filter: {{states: TX}}\n", "4: channels[0].filter.states: expected a list"),
    "state": (
        f"{CHANNEL}    filter:\n      states:\n        - TX\n        - Atlantis\n",
        "7: channels[0].filter.states[1]: 'Atlantis' is no state; expected a code such as TX or a name",
    ),
    "model": (
        f"{CHANNEL}    filter: {{models: [tfm, XYZ]}}\n",
        "4: channels[0].filter.models[1]: 'XYZ' is no model; expected JEM, TFM, WSO",
    ),
    "kind of event": (
        f"{CHANNEL}    filter: {{kinds: [agreement.exploded]}}\n",
        "4: channels[0].filter.kinds[0]: no kind of event is called 'agreement.exploded'; there are agreement.added,"
        " agreement.removed, agreement.renewed, agreement.corrected, agreement.relisted, moa.posted, moa.replaced, addendum.posted,"
        " application.added, application.approved, application.withdrawn, application.corrected, list.left_page, list.returned,"
        " document.added, document.changed, document.removed",
    ),
    "kind of event that the channel is not told": (
        f"{CHANNEL}    filter:\n      kinds: [agreement.added, moa.posted]\n",
        "5: channels[0].filter.kinds[1]: moa.posted belongs to `corrections`, which `tell` leaves out; add it there",
    ),
    "kind of agency": (
        f"{CHANNEL}    filter: {{agencies: [sherif]}}\n",
        "4: channels[0].filter.agencies[0]: no kind of agency is called 'sherif'; there are sheriff, police, state_police,"
        " state_agency, corrections, county_board, university, airport, constable, prosecutor, national_guard, school_district,"
        " regional, fire_marshal, other",
    ),
    "county": (
        f"{CHANNEL}    filter: {{counties: [Gotham County]}}\n",
        f"4: channels[0].filter.counties[0]: 'Gotham County' {COUNTY}",
    ),
    "county of another state": (
        f'{CHANNEL}    filter:\n      counties: ["Travis County, TX", "Bay County, TX"]\n',
        f"5: channels[0].filter.counties[1]: 'Bay County, TX' {COUNTY}",
    ),
    "pattern": (
        f"{CHANNEL}    filter:\n      matches: (\n",
        "5: channels[0].filter.matches: not a regular expression: missing ), unterminated subpattern at position 0",
    ),
    "channel without address": (
        "channels:\n  - type: slack\n",
        "2: channels[0].url: expected either `url`, an incoming webhook, or `token` and `channel`",
    ),
    "Apprise channel without address": ("channels:\n  - type: apprise\n", "2: channels[0].url: this key is needed"),
    "webhook without its secret": (
        "channels:\n  - type: webhook\n    url: https://hooks.example.org/287g\n",
        "2: channels[0].secret: this key is needed",
    ),
    "a key of another channel type": (
        "channels:\n  - type: apprise\n    url: json://localhost\n    server: smtp.example.org\n",
        f"4: channels[0].server: {UNKNOWN}",
    ),
    "a channel's own key that only the program knows": (
        f"{CHANNEL}    options: {{a: b}}\n",
        f"4: channels[0].options: {UNKNOWN}",
    ),
    "channel type": (
        "channels:\n  - url: https://hooks.example.org/x\n    type: telegraph\n",
        "3: channels[0].type: no channel type is called 'telegraph'; there are apprise, email, slack, webhook",
    ),
    "Slack address": (
        "channels:\n  - type: slack\n    url: https://hooks.slack.com/x\n    name: one\n"
        "  - type: slack\n    url: hooks.slack.com/services/x\n",
        f"6: channels[1].url: {SLACK}",
    ),
    "Slack address in the clear": (
        "channels:\n  - {type: slack, url: 'http://hooks.slack.com/x'}\n",
        f"2: channels[0].url: {SLACK}",
    ),
    "Apprise address": ("channels:\n  - type: apprise\n    url: carrierpigeon://home\n", f"3: channels[0].url: {APPRISE}"),
    "two channels of one name": (
        "channels:\n  - {type: slack, name: desk, url: 'https://a.example/1'}\n  - {type: slack, name: desk, url: 'https://a.example/2'}\n",
        "1: channels: two channels are named 'desk'; give each a name of its own",
    ),
    "variable that is not set": (
        "channels:\n  - type: slack\n    url: ${NO_SUCH_HOOK}\n",
        "3: channels[0].url: the environment variable NO_SUCH_HOOK is not set; set it, or use file:/path",
    ),
    "secret file that is not there": (
        "channels:\n  - type: slack\n    url: file:/nonexistent/hook\n",
        "3: channels[0].url: the secret file /nonexistent/hook cannot be read: No such file or directory",
    ),
    "YAML that ends early": ("page: [\n", "2: not valid YAML: expected the node content, but found '<stream end>'"),
    "YAML with tabs": ("poll:\n\tjitter: 1s\n", "2: not valid YAML: found character '\\t' that cannot start any token"),
    "YAML that would run code": (
        "page: https://a.example/\nstate: !!python/object/apply:os.getcwd []\n",
        "2: not valid YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.getcwd'",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_with_its_place_and_what_to_do(tmp_path: Path, name: str) -> None:
    text, line = MISTAKES[name]
    assert mistakes(tmp_path, text) == [line]


def test_every_mistake_of_a_channel_is_told_at_once(tmp_path: Path) -> None:
    text = f"{CHANNEL}    colour: red\n    filter:\n      states: [Q]\n      models: [Z]\n"
    assert [line.split(": ")[:2] for line in mistakes(tmp_path, text)] == [
        ["4", "channels[0].colour"],
        ["6", "channels[0].filter.states[0]"],
        ["7", "channels[0].filter.models[0]"],
    ]


def test_templates_are_a_folder_beside_the_file(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, f"{CHANNEL}    templates: mine\n")
    assert line.startswith(f"4: channels[0].templates: {tmp_path / 'mine'} is no folder that holds text.j2")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "slack.j2").write_text("{{ message.title }}\n")
    (channel,) = loaded(tmp_path, f"{CHANNEL}    templates: mine\n").settings.channels
    assert channel.templates == tmp_path / "mine"


def test_a_template_that_cannot_be_used_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "slack.j2").write_text("{{ message.title }}\n{{ message.titel }}\n")
    (line,) = mistakes(tmp_path, f"{CHANNEL}    templates: mine\n")
    assert line.startswith(f"4: channels[0].templates: {tmp_path / 'mine' / 'slack.j2'}:2: ")
    assert "titel" in line


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = "pages: 1\npoll:\n  otherwise: hourly\n  busy: {days: never}\nlog: {format: xml}\n"
    assert [line.split(":")[:2] for line in mistakes(tmp_path, text)] == [
        ["4", " poll.busy.days"],
        ["3", " poll.otherwise"],
        ["5", " log.format"],
        ["1", " pages"],
    ]


UNUSUAL = {
    "a duration longer than time": ("poll:\n  otherwise: 99999999999d\n", 2),
    "a day that is none": ("contact: 2025-13-45\n", 1),
    "a NUL": ("page: https://a.example/\ncontact: a\x00b\n", 2),
    "a key that is a number": ("page: https://a.example/\n1: x\n", 2),
    "a list in itself": ("channels: &all [*all]\n", 1),
    "a group in itself": ("poll: &all\n  busy: *all\n", 1),
    "a key given twice": ("page: https://a.example/\npage: https://b.example/\n", 2),
    "a key given twice in a group": ("poll:\n  jitter: 1s\n  busy: {days: mon, days: tue}\n", 3),
    "a key that is a list": ("page: https://a.example/\n? [page]\n: x\n", 2),
    "a port that is none": ("channels:\n  - type: slack\n    url: https://hooks.slack.com:port/services/x\n", 3),
}
STILL_CRASHES = {
    "a number without digits": ("contact: 0x_\n", 1, "PyYAML's int constructor raises ValueError, as its date constructor did"),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_mistake_is_one_line_with_its_place_too(tmp_path: Path, name: str) -> None:
    text, number = UNUSUAL[name]
    (line,) = mistakes(tmp_path, text)
    assert line.startswith(f"{number}: ")


@pytest.mark.parametrize("name", STILL_CRASHES)
def test_a_mistake_that_nobody_makes_is_one_line_as_well(tmp_path: Path, name: str) -> None:
    text, number, _ = STILL_CRASHES[name]
    (line,) = mistakes(tmp_path, text)
    assert line.startswith(f"{number}: ")


def test_a_missing_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert str(caught.value) == f"{path}: no such file; name another with --config"


def test_a_file_that_is_no_text_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"page: \xff\xfe")
    for place in (path, tmp_path):
        with pytest.raises(ConfigError) as caught:
            load(place, {})
        assert re.fullmatch(rf"{re.escape(str(place))}: cannot be read: .+", str(caught.value))


def test_channels_without_a_name_are_told_apart_by_type_and_place(tmp_path: Path) -> None:
    one = "  - {type: slack, url: 'https://hooks.slack.com/x'}\n"
    mail = "  - {type: apprise, url: 'json://localhost'}\n"
    settings = loaded(tmp_path, f"channels:\n{one}{mail}{one}").settings
    assert [channel.name for channel in settings.channels] == ["slack-1", "apprise", "slack-3"]


@pytest.mark.parametrize("source", ["environment", "file", "file in an environment variable"])
def test_a_secret_comes_from_where_the_file_says_and_is_never_printed(tmp_path: Path, source: str) -> None:
    (tmp_path / "hook").write_text(ENVIRONMENT["HOOK"] + "\n", "utf-8")
    url = {"environment": "${HOOK}", "file": f"file:{tmp_path}/hook", "file in an environment variable": "file:${DIR}/hook"}
    text = f"channels:\n  - type: slack\n    url: {url[source]}\n"
    configuration = loaded(tmp_path, text, {**ENVIRONMENT, "DIR": str(tmp_path)})
    (channel,) = configuration.settings.channels
    assert channel.options == {"url": ENVIRONMENT["HOOK"]}
    shown = (repr(configuration), str(configuration), repr(channel), str(channel), repr(notifiers.build(channel)))
    assert all(SECRET not in text for text in shown)


def test_settings_written_out_whole_hold_no_secret(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "channels:\n  - type: slack\n    url: ${HOOK}\n", ENVIRONMENT).settings
    assert SECRET not in settings.model_dump_json() + str(settings.model_dump())


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            "    tell: [secrets]\n",
            "    colour: ${HOOK}\n",
            "    name: ${HOOK}\n",
            "    rhythm: ${HOOK}\n",
            "    token: ${HOOK}\n",
        ),
        *("  - ${HOOK}\n", "  - {type: webhook, url: '${HOOK}', secret: '${HOOK}ä'}\n", "poll: ${HOOK}\n"),
    ],
)
def test_a_message_about_a_mistake_holds_no_secret(tmp_path: Path, wrong: str) -> None:
    text = f"channels:\n  - type: slack\n    url: ${{HOOK}}\n{wrong}"
    lines = mistakes(tmp_path, text, ENVIRONMENT)
    assert lines
    assert all(SECRET not in line for line in lines)


@pytest.mark.parametrize("kind", ["slack", "apprise"])
def test_a_channel_address_that_cannot_be_used_is_not_repeated(tmp_path: Path, kind: str) -> None:
    (line,) = mistakes(tmp_path, f"channels:\n  - type: {kind}\n    url: ${{BAD}}\n", {"BAD": f"nosuch://user:{SECRET}@host"})
    assert line.startswith("3: channels[0].url: expected the address of")
    assert SECRET not in line
    assert "nosuch" not in line


def test_config_check_says_what_is_watched_and_no_secret(tmp_path: Path) -> None:
    path = written(tmp_path, "channels:\n  - type: slack\n    name: newsroom\n    url: ${HOOK}\n")
    result = CliRunner().invoke(cli, ["--config", str(path), "config", "check"], env=ENVIRONMENT)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"{path} is right: watching https://www.ice.gov/identify-and-arrest/287g, state in {tmp_path / 'state'}",
        "channels: newsroom (slack: news, operator)",
    ]
    assert SECRET not in result.output


def test_config_check_says_where_no_hub_can_fetch_a_feed(tmp_path: Path) -> None:
    for address, warned in (("http://127.0.0.1:8287", True), ("https://monitor.example.org", False)):
        path = written(tmp_path, f"web:\n  public_url: {address}\n  hubs: [https://hub.example.org/]\n")
        result = CliRunner().invoke(cli, ["--config", str(path), "config", "check"])
        assert result.exit_code == 0, result.output
        assert (f"web.hubs: no hub can fetch a feed from {address}" in result.stdout) == warned


@pytest.mark.parametrize("kind", ["slack", "apprise"])
def test_config_check_of_a_wrong_file_says_so_once_and_no_secret(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, f"channels:\n  - type: {kind}\n    url: ${{BAD}}\n")
    result = CliRunner().invoke(cli, ["--config", str(path), "config", "check"], env={"BAD": f"nosuch://user:{SECRET}@host"})
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"{path}:3: channels[0].url: {SLACK if kind == 'slack' else APPRISE}" in result.stderr.splitlines()
    assert "Usage:" not in result.stderr
    assert SECRET not in result.output + caplog.text
