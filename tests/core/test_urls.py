"""The ice.gov address that users must get, whatever the hyperlink went through."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from monitor.core.urls import document_key, real_url

MOA = "https://www.ice.gov/doclib/287gMOA/smith.pdf"
OUTLOOK = "https://gcc02.safelinks.protection.outlook.com/"
QUERY = "url=https%3A%2F%2Fwww.ice.gov%2Fdoclib%2F287gMOA%2Fsmith.pdf&data=05%7C02%7Csomeone%40ice.dhs.gov%7C&reserved=0"

WRAPPED = {
    "as it should be": MOA,
    "Outlook's": f"{OUTLOOK}?{QUERY}",
    "Outlook's newer path": f"{OUTLOOK}ap/b-59584e83/?{QUERY}",
    "Outlook's other host": f"https://nam12.safelinks.protection.outlook.com/?{QUERY}",
    "wrapped twice": f"{OUTLOOK}?{urlencode({'url': f'{OUTLOOK}?{QUERY}', 'data': '05'})}",
    "a browser extension's": f"chrome-extension://efaidnbmnnnibpcajpcglclefindmkaj/{MOA}",
    "an extension's with one slash": "chrome-extension://efaidnbmnnnibpcajpcglclefindmkaj/https:/www.ice.gov/doclib/287gMOA/smith.pdf",
    "one slash": "https:/www.ice.gov/doclib/287gMOA/smith.pdf",
    "plain http": "http://www.ice.gov/doclib/287gMOA/smith.pdf",
    "without www": "http://ice.gov/doclib/287gMOA/smith.pdf",
    "capitals in the host": "HTTPS://WWW.ICE.GOV/doclib/287gMOA/smith.pdf",
    "the web archive's": f"https://web.archive.org/web/20250530123456/{MOA}",
    "the web archive's raw form": "https://web.archive.org/web/20250530123456id_/http:/www.ice.gov/doclib/287gMOA/smith.pdf",
    "relative to the site": "/doclib/287gMOA/smith.pdf",
    "blanks and quotes around": f'\xa0 {MOA}" ',
    "a page of the document": f"{MOA}#page=3",
}


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_the_real_address_is_given(wrapping: str) -> None:
    assert real_url(WRAPPED[wrapping]) == MOA


def test_an_address_that_leaves_out_the_scheme_is_read() -> None:
    assert real_url("//www.ice.gov/doclib/287gMOA/smith.pdf") == MOA


@pytest.mark.parametrize("name", ["Smith County MOA.pdf", "Smith%20County%20MOA.pdf"])
def test_a_blank_in_a_name_is_written_in_one_way(name: str) -> None:
    assert real_url(f"https://www.ice.gov/doclib/287gMOA/{name}") == "https://www.ice.gov/doclib/287gMOA/Smith%20County%20MOA.pdf"


def test_a_curly_apostrophe_in_a_name_is_written_in_one_way() -> None:
    assert real_url("https://www.ice.gov/a/Sheriff’s.pdf") == real_url("https://www.ice.gov/a/Sheriff%E2%80%99s.pdf")


@pytest.mark.parametrize(
    "link",
    [
        *(
            None,
            "",
            " ",
            "\xa0",
            "link",
            "xxx.pdf",
            "javascript:alert(1)",
            "mailto:someone@ice.dhs.gov",
            "file:///C:/MOA/smith.pdf",
        ),
        *("https://", "http://[bad", "https://www.ice.gov:port/a.pdf", "chrome-extension://efaidnbmnnnibpcajpcglclefindmkaj/"),
        *('https://"onmouseover=alert(1)/', "https://ice/a.pdf", "\\\\share\\smith.pdf"),
    ],
)
def test_what_leads_nowhere_on_the_web_is_none(link: str | None) -> None:
    assert real_url(link) is None


@pytest.mark.parametrize("link", ["https://www.ice.gov.example.org/a.pdf", "https://example.org/?next=https://www.ice.gov/a.pdf"])
def test_another_site_is_never_taken_for_ice_gov(link: str) -> None:
    assert real_url(link) == link


def test_a_foreign_http_address_is_left_as_it_is() -> None:
    assert real_url("http://sheriff.example.org:8080/a.pdf?b=1") == "http://sheriff.example.org:8080/a.pdf?b=1"


@pytest.mark.parametrize("link", [link for link in WRAPPED.values() if "archive" not in link])
def test_a_real_address_stays_what_it_is(link: str) -> None:
    once = real_url(link)
    assert real_url(once) == once


@pytest.mark.parametrize(
    "address",
    [
        "https://www.ice.gov/doclib/287gMOA/Smith County.pdf",
        "https://www.ice.gov/doclib/287gMOA/smith%20county.PDF",
        "https://www.ice.gov/doclib/about/offices/ero/287g/SMITHCOUNTY.pdf",
        "https://www.ice.gov/doclib/287gMOA/smithcounty.pdf?v=2",
    ],
)
def test_one_document_is_one_whatever_its_folder_case_and_blanks(address: str) -> None:
    assert document_key(address) == "smithcounty.pdf"


def test_two_file_names_are_two_documents() -> None:
    assert document_key("https://www.ice.gov/a/smith_jem.pdf") != document_key("https://www.ice.gov/a/smith_wso.pdf")


@pytest.mark.parametrize("address", [None, "", "https://www.ice.gov/doclib/287gMOA/"])
def test_an_address_without_a_file_name_is_no_document(address: str | None) -> None:
    assert document_key(address) is None
