"""Kill -9 at any moment: the daemon is killed fifty times while it tells a hundred publications to four channels.

Nothing is lost and nothing overtakes. A message that was under way when the process died may come once more; where the service, or
its reader, knows a message by its id, nobody sees it twice.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
import threading
from pathlib import Path
from typing import Any

from tests.support.process import daemon, write_config
from tests.support.sheets import row, sheet
from tests.support.site import Site
from tests.support.slack import CHANNEL, TOKEN, slack
from tests.support.smtp import smtp

PUBLICATIONS, KILLS = 100, 50
FIRST = 20
SECRET = "whsec_" + "A" * 44
# How long a condition is waited for before the test says that it never came true.
PATIENCE = 60.0


class Publisher:
    """Puts the next list on the page as soon as the one before is in the database: each has one agency more."""

    def __init__(self, site: Site, database: Path) -> None:
        self._site, self._database = site, database
        self._rows = [row("TEXAS", f"Old {number} Police Department") for number in range(FIRST)]
        self.published = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._next()
        self._thread.start()

    def known(self) -> int:
        """How many publications the database holds."""
        return self._ask("SELECT count(*) FROM publications")

    def unsent(self) -> int:
        """How many alerts and messages are still to be told."""
        return self._ask(
            "SELECT (SELECT count(*) FROM alerts WHERE settled_at IS NULL) + count(*) FROM deliveries WHERE status <> 'sent'"
        )

    def wait_for(self, condition: Any) -> None:
        """Waits until `condition()` is true."""
        for _ in range(int(PATIENCE * 100)):
            if condition():
                return
            self._over.wait(0.01)
        raise AssertionError(f"{self.known()} publications known, {self.unsent()} messages unsent after {PATIENCE} seconds")

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self, query: str) -> int:
        if not self._database.exists():
            return 0
        connection = sqlite3.connect(self._database, timeout=10)
        try:
            return int(connection.execute(query).fetchone()[0])
        except sqlite3.OperationalError:
            return 0  # the schema is not there yet
        finally:
            connection.close()

    def _next(self) -> None:
        if self.published:
            self._rows.append(row("TEXAS", f"New {self.published} Police Department"))
        self._site.publish("participating", sheet(self._rows), f"list{self.published}.xlsx")
        self.published += 1

    def _run(self) -> None:
        while not self._over.wait(0.01) and self.published <= PUBLICATIONS:
            if self.known() == self.published:
                self._next()


def told(texts: list[str]) -> list[int]:
    """The numbers of the agencies that messages tell as new, in the order in which they arrived."""
    return [int(number) for text in texts for number in re.findall(r"New(?:</strong>|\*)?:(?:</strong>)? New (\d+) Police", text)]


def once(numbers: list[int]) -> list[int]:
    return [*dict.fromkeys(numbers)]


def test_fifty_kills_lose_nothing_and_repeat_at_most_what_was_under_way(site: Site, tmp_path: Path) -> None:
    chance = random.Random(287)
    database = tmp_path / "state" / "monitor.db"
    with slack() as workspace, smtp() as mail:
        channels = [
            {"type": "slack", "name": "hook", "url": workspace.hook},
            {"type": "slack", "name": "bot", "token": TOKEN, "channel": CHANNEL, "api": workspace.api},
            {
                "type": "email",
                "name": "mail",
                "server": mail.address,
                "security": "none",
                "from": "m@example.org",
                "to": "d@example.org",
            },
            {"type": "webhook", "name": "events", "url": f"{site.address}/events", "secret": SECRET},
        ]
        config = write_config(
            tmp_path / "config.yaml",
            page=site.page_url,
            state=str(tmp_path / "state"),
            poll={"busy": {"every": "0.05s"}, "otherwise": "0.05s", "jitter": "0s"},
            alerts={"group_wait": "0s"},
            channels=[{**channel, "pause": "0s", "tell": ["news"]} for channel in channels],
        )
        publisher = Publisher(site, database)
        try:
            for number in range(KILLS):
                with daemon(config) as victim:
                    if number % 5:
                        target = min(publisher.known() + PUBLICATIONS // KILLS, PUBLICATIONS)
                        publisher.wait_for(lambda target=target: publisher.known() >= target)
                        threading.Event().wait(chance.uniform(0, 0.2))
                    else:
                        # In its first second: while it imports, opens the database, finds what was under way.
                        threading.Event().wait(chance.uniform(0, 1.2))
                    victim.process.kill()
                    victim.process.wait()
            with daemon(config) as survivor:
                publisher.wait_for(lambda: publisher.known() == PUBLICATIONS + 1 and not publisher.unsent())
                assert survivor.stop() == 0
        finally:
            publisher.stop()
        inbox = [one.mail for one in mail.inbox]
    everything = [*range(1, PUBLICATIONS + 1)]

    hook = [json.dumps(post, ensure_ascii=False) for post in workspace.hooked]
    numbers = told([re.sub(r"\u200b", "", text) for text in hook])
    assert once(numbers) == everything, "the webhook of Slack was not told everything, in order"
    assert len(hook) - len(set(hook)) <= KILLS

    bot = [post["metadata"]["event_payload"]["id"] for post in workspace.messages]
    assert len(bot) == len(set(bot)), "a message stands in the channel twice"
    assert told([json.dumps(post, ensure_ascii=False) for post in workspace.messages]) == everything

    letters = {str(letter["Message-ID"]): letter for letter in inbox}
    assert len(inbox) - len(letters) <= KILLS
    bodies = [letter.get_body(("plain",)) for letter in letters.values()]
    assert told([str(body.get_content()) for body in bodies if body]) == everything

    taken = [(request.headers["webhook-id"], json.loads(request.body)) for request in site.asked("/events")]
    posts = dict(taken)
    events = [event for body in posts.values() for event in (body if isinstance(body, list) else [body])]
    agencies = [event["data"]["agreement"]["agency"] for event in events if event["type"] == "monitor287g.agreement.added"]
    assert agencies == [f"New {number} Police Department" for number in everything]
    assert len({event["id"] for event in events}) == len(events)
    assert len(taken) - len(posts) <= KILLS
