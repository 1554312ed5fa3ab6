"""The daemon: polls on a schedule, delivers what is due, serves the public files, stops cleanly."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitor import heap, logs, sdnotify, verdicts, web
from monitor.citing.stamps import Head, StampError, Stamps
from monitor.clock import Drift, utc_now
from monitor.config import Channel, ConfigError, Configuration, Settings
from monitor.daemon.server import Server, listen
from monitor.daemon.signals import Signals
from monitor.evidence import Evidence
from monitor.fetcher import Fetcher
from monitor.health.checks import in_words
from monitor.health.deadman import DeadMan, Outcome
from monitor.health.pulse import Pulse
from monitor.intake import take_apart
from monitor.moa import Sweep
from monitor.notifiers import notices, operators
from monitor.notifiers.desk import deliver, next_due
from monitor.notifiers.news import Links
from monitor.poller import Poller, results
from monitor.publishers import datasette, refresh, refresh_apart
from monitor.publishers.websub import Pings
from monitor.reader import read_roster_apart
from monitor.schedule import Every, PollTrigger
from monitor.statedir import StateBusy, StateDirectory
from monitor.store import NewDelivery, Store

log = logging.getLogger(__name__)

_SOON, _HOUR = timedelta(seconds=1), timedelta(hours=1)
# A little less than a day, for a job that looks every hour.
STAMP_EVERY = timedelta(hours=23, minutes=30)
# How often a channel's queue is looked at, whatever else wakes it.
DELIVER_EVERY = timedelta(seconds=30)
# ICE often publishes its two lists minutes apart: after a change the page is asked again within the group wait.
_AGAIN = 0.75
# What is being done when a signal comes has this long to finish; after that it is rolled back by the process's end.
STOP_WITHIN = 3.0
_WORKERS = 8
# A thread is started only where no other is idle; a slow service keeps one, and no more than its own.
_SENDERS = 256


class Daemon:
    """One daemon over one state directory. `reload` reads the configuration again (SIGHUP)."""

    def __init__(self, configuration: Configuration, reload: Callable[[], Configuration]) -> None:
        self._configuration = configuration
        self._reload = reload
        self._state = StateDirectory(configuration.settings.state)
        self._pings = Pings(self._state.pings)
        self._stop = threading.Event()
        self._signals = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        self._polling = threading.Lock()
        self._pulse = Pulse(configuration.settings.poll)
        self._drift = Drift()
        self._stuck = False
        self._dead_man = DeadMan(configuration.settings.health.ping.get_secret_value())
        # Set when the configuration it was made for is replaced: what is being sent ends after the message under way.
        self._replaced = threading.Event()
        # Channels that were told that the configuration cannot be read.
        self._misconfigured: list[str] = []
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(_WORKERS), "channels": ThreadPoolExecutor(_SENDERS)},
            # A late job runs late: without this, APScheduler silently skips what is more than a second late.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._job_failed, EVENT_JOB_ERROR)

    @property
    def settings(self) -> Settings:
        return self._configuration.settings

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT. The caller holds the lock of the state directory. Raises OSError where the port is taken."""
        heap.for_years()
        self._signals.catch()
        listener = listen(*self.settings.web.address)
        try:
            with self._state.turn(wait=10), closing(Store.open(self._state.database, checked=True)):
                if drafts := self._state.clear_drafts():
                    log.info("%d files were left half written, and are removed", drafts)
        except StateBusy as error:
            log.warning("the state directory was not looked at before the first poll: %s", error)
        application = web.application(self._state.database, self._state.public, utc_now, lambda: self.settings.web, self._pulse)
        server = Server(application, listener)
        self._scheduler.start()
        self._schedule()
        host, port = listener.getsockname()[:2]
        log.info("serving http://%s:%d/ from %s", host, port, self._state.public)
        sdnotify.notify("READY=1", f"STATUS=watching {self.settings.page}")
        while not self._stop.is_set():
            for number in self._signals.wait(seconds=5):
                self._heed(number)
            self._look_at_clock()
            if self._is_well(server):
                sdnotify.notify("WATCHDOG=1")
        sdnotify.notify("STOPPING=1")
        server.stop()
        self._end()

    def _is_well(self, server: Server) -> bool:
        """Whether polls come and the web server runs; where not, systemd's watchdog hears nothing more and starts the daemon anew."""
        stuck = self._pulse.stuck() or ("" if server.is_alive() else "the web server has ended")
        if stuck and not self._stuck:
            log.critical("%s; only a new start of this process helps", stuck)
        self._stuck = bool(stuck)
        return not stuck

    def _look_at_clock(self) -> None:
        """Plans anew where the clock was set: after it was set back, the next poll would be as far away as it went."""
        if jump := self._drift.jump():
            direction = "forward" if jump > timedelta(0) else "back"
            log.warning("the clock was set %s by %s, or the machine slept; polling now", direction, in_words(jump))
            self._schedule()

    # -- jobs --------------------------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        """Puts the jobs of the present configuration in place of those that stand."""
        self._replaced.set()
        self._replaced = threading.Event()
        self._pulse.expect(self.settings.poll)
        self._scheduler.remove_all_jobs()
        # Two instances, one at a time: a poll asked for by a reload waits for the one that runs instead of being skipped.
        self._scheduler.add_job(self._poll, PollTrigger(self.settings.poll), id="poll", next_run_time=utc_now(), max_instances=2)
        for channel in self.settings.channels:
            self._every(DELIVER_EVERY, _job(channel), self._deliver, channel, self._replaced)
        for hub in self.settings.web.hubs:
            self._every(DELIVER_EVERY, _ping_job(hub), self._ping, hub, self._replaced)
        if self.settings.moa.fetch:
            self._every(_HOUR, "moa", self._sweep, self._replaced)
        if self.settings.evidence.stamp:
            self._every(_HOUR, "stamp", self._stamp)
        if not self.settings.channels:
            log.warning(
                "no channel is switched on, so nobody is alerted; add one under `channels:` in %s (changes go to %s/feed.xml)",
                self._configuration.path,
                self.settings.web.public_url,
            )

    def _every(self, span: timedelta, job: str, work: Callable[..., None], *arguments: object) -> None:
        """Plans work that may wait for a service, from now on."""
        self._scheduler.add_job(work, Every(span), id=job, executor="channels", args=arguments, next_run_time=utc_now())

    def _poll(self) -> None:
        with self._polling, self._pulse.beat() as beat, self._dead_man.told() as told, self._state.turn():
            beat.outcome = self._poll_once(told)
        if beat.outcome != results.UNCHANGED:
            # Only now nothing holds any more what was compared.
            heap.give_back()

    def _poll_once(self, told: Outcome) -> str:
        """Polls, publishes and wakes the channels; the poll's outcome."""
        settings = self.settings
        with self._store() as store:
            with Fetcher(settings, self._stop.wait) as fetcher:
                result = self._poller(store, fetcher).poll(utc_now())
            text = results.summary(result)
            if result.good:
                log.info("poll: %s", text, extra=results.fields(result))
            elif not self._stop.is_set():
                job = self._scheduler.get_job("poll")
                again = f"{job.next_run_time:%H:%M} UTC" if job and job.next_run_time else "the next poll"
                log.warning("poll: %s; next try at %s", text, again, extra=results.fields(result))
            told.said, told.stopped, told.alarms = text, self._stop.is_set(), store.journal.alarms()
            self._publish(store)
        for channel in settings.channels:
            self._wake_at(_job(channel), utc_now())
        if result.publications and settings.moa.fetch:
            self._wake_at("moa", utc_now())
        if result.publications and not self._stop.is_set() and settings.alerts.group_wait:
            # Counted as the wait is: from the poll, whatever was built since.
            soon = max(result.at + settings.alerts.group_wait * _AGAIN, utc_now())
            self._scheduler.add_job(self._poll, "date", run_date=soon, id="poll again", replace_existing=True, max_instances=2)
        return result.outcome

    def _poller(self, store: Store, fetcher: Fetcher) -> Poller:
        known = self._verdicts()
        # `state` changes only with a restart, whatever the configuration says by now.
        settings = self.settings.model_copy(update={"state": self._state.path})
        take = partial(take_apart, settings, known)
        return Poller(store, Evidence(self._state.documents), fetcher, settings, known, read=read_roster_apart, take=take)

    def _sweep(self, replaced: threading.Event) -> None:
        """Asks the agreements' own documents that are due."""
        with self._store() as store, Fetcher(self.settings, replaced.wait) as fetcher:
            evidence = Evidence(self._state.documents)
            swept = Sweep(store, evidence, fetcher, self.settings, replaced.wait, self._state.turn).run(utc_now)
        if swept.changed:
            for channel in self.settings.channels:
                self._wake_at(_job(channel), utc_now())
        if swept.ended and not replaced.is_set():
            log.warning("documents of agreements: %d asked, ended early, next try in an hour: %s", swept.asked, swept.ended)
        elif swept.asked:
            log.info("documents of agreements: %d asked, %d kept, %d changed", swept.asked, swept.kept, swept.changed)

    def _stamp(self) -> None:
        """Has the record's heads time-stamped, once a day; what failed is tried again an hour later."""
        stamps, now = Stamps(self._state.stamps), utc_now()
        if stamps.made_since(now - STAMP_EVERY):
            return
        with self._store() as store:
            head = Head.of(store)
        try:
            if path := stamps.make(head, self.settings.evidence.stamp, now):
                log.info("record stamped: %s", path)
        except (StampError, OSError) as error:
            log.warning("record not stamped, next try in an hour: %s", error)

    def _verdicts(self) -> dict[str, str]:
        try:
            return verdicts.load(self._state.verdicts)
        except verdicts.VerdictsError as error:
            # Polling matters more than people's verdicts; what they decide can be appended later.
            log.error("verdicts not used: %s", error)
            return {}

    def _deliver(self, channel: Channel, replaced: threading.Event) -> None:
        with self._store() as store:
            sent = deliver(store, channel, self.settings, utc_now, replaced.wait)
            due = next_due(store, channel, self.settings, utc_now())
        if sent.sent:
            log.info("channel %s: %d sent", channel.name, sent.sent)
        if due:
            self._wake_at(_job(channel), max(due, utc_now() + _SOON))

    def _store(self) -> closing[Store]:
        """The database, which is there since the start: one that has gone must not be begun anew in silence."""
        return closing(Store.open(self._state.database, create=False))

    def _wake_at(self, job_id: str, moment: datetime) -> None:
        """Lets a job run at `moment` if it would later."""
        if self._stop.is_set():
            return  # the scheduler waits for its jobs with its lock held: asking it for anything would wait for it in turn
        job = self._scheduler.get_job(job_id)
        if job and (job.next_run_time is None or job.next_run_time > moment):
            job.modify(next_run_time=moment)

    def _publish(self, store: Store) -> None:
        """Builds the public files that are out of date. What cannot be written now is written after the next poll."""
        now = utc_now()
        try:
            datasette.describe(self.settings, self._state.path)
            apart = partial(refresh_apart, self.settings, self._state, now)
            evidence = Evidence(self._state.documents)
            written = refresh(store, self.settings, evidence, self._state.public, now, elsewhere=apart)
            if any("status." not in path for path in written):
                log.info("public files: %d written", len(written))
            self._changed(written)
        except Exception as error:
            # Whatever is wrong with a page, or with the disk, must hold back neither polls nor alerts. What was made is made again.
            log.error("public files not written, the next poll tries again: %s: %s", type(error).__name__, error)
            log.debug("", exc_info=True)

    def _changed(self, written: Sequence[str]) -> None:
        """Lets hubs be told of the feeds among the public files that were written."""
        web = self.settings.web
        try:
            if not self._pings.add(web.hubs, web.public_url, written, utc_now()):
                return
        except OSError as error:
            # Readers' own polling makes up for it; a poll must not end here.
            log.error("hubs will not be told: %s", error)
            return
        for hub in web.hubs:
            self._wake_at(_ping_job(hub), utc_now())

    def _ping(self, hub: str, replaced: threading.Event) -> None:
        told = self._pings.send(hub, utc_now, replaced.is_set)
        if told:
            log.info("hub %s: told of %d feeds", urlsplit(hub).hostname, told)
        if due := self._pings.due(hub):
            self._wake_at(_ping_job(hub), max(due, utc_now() + _SOON))

    def _job_failed(self, event: JobExecutionEvent) -> None:
        log.error("job %s failed: %s: %s", event.job_id, type(event.exception).__name__, event.exception)
        if event.traceback:
            log.debug("%s", event.traceback)

    # -- signals -----------------------------------------------------------------------------------------------------------------

    def _heed(self, number: int) -> None:
        if number != signal.SIGHUP:
            self._stop.set()
            self._replaced.set()
            return
        try:
            self._read_configuration()
        except Exception as error:
            # A disk that is full for a moment must not end the daemon.
            log.error("configuration not read again: %s: %s", type(error).__name__, error)

    def _read_configuration(self) -> None:
        """Takes the new configuration if it is right and keeps the last good one if not."""
        try:
            configuration = self._reload()
        except Exception as error:
            # Whatever is wrong with a file must not end a daemon that runs well.
            told = str(error) if isinstance(error, ConfigError) else f"unexpected {type(error).__name__}"
            for line in told.splitlines():
                log.error("configuration not read again, the last good one stays: %s", line)
            if not self._misconfigured:
                self._misconfigured = operators(self.settings.channels)
                self._tell(self._misconfigured, told.splitlines())
            return
        if configuration.settings.state != self.settings.state or configuration.settings.web.listen != self.settings.web.listen:
            log.warning("`state` and `web.listen` change only with a restart; everything else was read again")
        self._configuration = configuration
        self._dead_man = DeadMan(configuration.settings.health.ping.get_secret_value())
        logs.set_up(self.settings.log.level, self.settings.log.format)
        # It polls at once, and the public files are built anew after it.
        self._schedule()
        log.info("configuration read again from %s", configuration.path)
        self._tell([name for name in operators(self.settings.channels) if name in self._misconfigured], [])
        self._misconfigured = []

    def _tell(self, channels: Sequence[str], problems: Sequence[str]) -> None:
        """Tells operators that the configuration cannot be used, or (no problems) that it can again."""
        settings, now = self.settings, utc_now()
        message = notices.configuration(problems, now, Links(settings.web.public_url, settings.page)).to_json()
        with self._store() as store, store.transaction():
            store.outbox.queue([NewDelivery(name, message) for name in channels], now)
        for channel in settings.channels:
            self._wake_at(_job(channel), now)

    def _end(self) -> None:
        """Waits a moment for running jobs, then ends the process: SQLite rolls back what was not committed."""
        ended = threading.Thread(target=self._scheduler.shutdown, kwargs={"wait": True}, daemon=True)
        ended.start()
        ended.join(STOP_WITHIN)
        if ended.is_alive():
            log.warning("stopped in the middle of a job; nothing half done was kept")
            logging.shutdown()
            os._exit(0)
        log.info("stopped")


def _job(channel: Channel) -> str:
    """The id of the job that delivers to a channel."""
    return f"deliver {channel.name}"


def _ping_job(hub: str) -> str:
    """The id of the job that tells a hub."""
    return f"ping {hub}"
