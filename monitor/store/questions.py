"""What readers of the database ask, as SQL over its public views; Datasette offers these as named queries.

"Now" is the moment of the last publication, so that an answer stays true of the log it was asked of.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.core.values import MODEL_NAMES


@dataclass(frozen=True, slots=True)
class Question:
    """One query: its `parameters` are asked of the reader, each with what to write there."""

    title: str
    description: str
    sql: str
    parameters: dict[str, str] = field(default_factory=dict)


_MODELS = ", ".join(f"count(*) FILTER (WHERE model = '{code}') AS {code}" for code in MODEL_NAMES)
_NEWEST = "(SELECT max(seen_at) FROM publications_seen)"

QUESTIONS = {
    "new_agreements": Question(
        "New agreements of the last 30 days",
        "Agreements that were added in the 30 days before the last publication, the newest first.",
        "SELECT at, state, agency, county, model, signed, moa_url, agreement_id, publication_name FROM told_events"
        f" WHERE kind = 'agreement.added' AND at >= strftime('%Y-%m-%dT%H:%M:%SZ', {_NEWEST}, '-30 days') ORDER BY id DESC",
    ),
    "ended_agreements": Question(
        "Agreements that ended",
        "Every agreement that left the list, the newest first.",
        "SELECT at, state, agency, county, model, signed, reason, agreement_id, publication_name FROM told_events"
        " WHERE kind = 'agreement.removed' ORDER BY id DESC",
    ),
    "states_and_models": Question(
        "Agreements by state and model",
        "How many agreements stand in each state: all of them, and by model.",
        f"SELECT state, count(*) AS agreements, {_MODELS}, count(DISTINCT agency_id) AS agencies FROM agreements_now"
        " GROUP BY state ORDER BY agreements DESC, state",
    ),
    "agency_history": Question(
        "An agency's history",
        "Everything that was told of an agency through all its names, the oldest first.",
        "SELECT id, at, kind, state, agency, model, signed, changes, reason, moa_url, publication_name, agency_id FROM told_events"
        " WHERE :agency <> '' AND agency_id IN (SELECT agency_id FROM told_events WHERE agency_id = :agency"
        " OR instr(lower(agency), lower(:agency)) > 0) ORDER BY agency_id, id",
        {"agency": "a part of its name, or its agency_id"},
    ),
    "pending_by_days_waited": Question(
        "Pending applications by days waited",
        "How many days lie between an application's first publication and the last one, the longest first.",
        f"SELECT CAST(julianday({_NEWEST}) - julianday(first_seen) AS INTEGER) AS days, state, agency, county, model, first_seen, id"
        " FROM pending_now ORDER BY first_seen, id",
    ),
    "days_until_signed": Question(
        "Days from application to agreement",
        "Approved applications with the days from the first publication that printed them to the one that told the approval.",
        "SELECT CAST(julianday(e.at) - julianday(a.at) AS INTEGER) AS days, e.state, e.agency, e.model, a.at AS applied, e.at AS approved,"
        " e.signed, e.agreement_id FROM told_events AS e JOIN told_events AS a ON a.application_id = e.application_id"
        " AND a.kind = 'application.added' WHERE e.kind = 'application.approved' ORDER BY e.id DESC",
    ),
}
