"""Words of the pages that are looked up by a code: kinds of agencies, fields of a row, what became of a publication.

They are English here; the catalogue has them in other languages.
"""

from __future__ import annotations

KIND_NAMES = {
    "sheriff": "Sheriff",
    "police": "Police",
    "state_police": "State police",
    "state_agency": "State agency",
    "corrections": "Corrections department",
    "county_board": "County board",
    "university": "University",
    "airport": "Airport or port",
    "constable": "Constable or marshal",
    "prosecutor": "Prosecutor",
    "national_guard": "National guard",
    "school_district": "School district",
    "regional": "Regional body",
    "fire_marshal": "Fire marshal",
    "other": "Other",
}
FIELDS = {
    "state": "State",
    "agency": "Agency",
    "agency_kind": "Kind",
    "county": "County",
    "model": "Model",
    "signed": "Signed",
    "moa_url": "Agreement document",
    "addendum_url": "Addendum",
    "id": "Record",
    "url": "Address",
    "sha256": "Contents (SHA-256)",
    "moa_sha256": "Contents (SHA-256)",
    "printed.state": "State, as printed",
    "printed.type": "Type, as printed",
    "printed.county": "County, as printed",
    "printed.model": "Model, as printed",
    "printed.signed": "Signed, as printed",
    "printed.moa": "MOA, as printed",
    "printed.addendum": "Addendum, as printed",
}
STATUS = {
    "accepted": "taken",
    "held": "held: not believed yet",
    "released": "held, then released",
    "superseded": "held, then made moot by the next one",
}
LIST_NAMES = {"participating": "Participating agencies", "pending": "Pending applications"}
OUTCOMES = {
    "application.approved": "became an agreement",
    "application.withdrawn": "left the list, no agreement",
    "application.left": "left the list, outcome open",
}
