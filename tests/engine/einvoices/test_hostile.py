"""Documents made to hurt: each is refused with a reason, within bounded memory and time, and never a 5xx."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bizoverbiz.einvoices import EInvoice, EInvoiceError, declared_fields, read_documents
from bizoverbiz.matching import canonical_identifier

from ..client import Member
from ..conftest import Network
from .hostile import PDFS, XML, carrying
from .samples import BUYER, SELLER, cii, facturx, ubl
from .test_declaring_invoices import document, send

#: Seconds one document may take on a busy machine; each takes a few at most on a free one.
PATIENCE = 60
SECRET = Path("/etc/passwd").read_text()[:7]


def read_in_little_memory(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.einvoices.hostile", *names],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=len(list(names)) * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return {told["name"]: told for told in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    return read_in_little_memory(XML)


@pytest.fixture(scope="module")
def told_of_pdfs() -> dict[str, dict[str, Any]]:
    return read_in_little_memory(PDFS)


def assert_refused(told: dict[str, Any]) -> None:
    assert told["term"] is not None, told
    assert told["reason"]
    assert told["seconds"] < PATIENCE
    assert SECRET not in told["reason"]
    assert len(told["reason"]) < 400


@pytest.mark.parametrize("name", XML)
def test_hostile_xml_is_refused_in_little_memory_and_time(told: dict[str, dict[str, Any]], name: str) -> None:
    assert_refused(told[name])


@pytest.mark.parametrize("name", PDFS)
def test_a_hostile_pdf_is_refused_in_little_memory_and_time(told_of_pdfs: dict[str, dict[str, Any]], name: str) -> None:
    assert_refused(told_of_pdfs[name])
    assert told_of_pdfs[name]["peak"] < 400_000_000


def test_a_document_type_is_what_a_bomb_is_refused_for(told: dict[str, dict[str, Any]]) -> None:
    for name in ("a billion laughs", "a quadratic blow-up", "an external entity of a file", "a parameter entity"):
        assert "DOCTYPE" in told[name]["reason"]


def test_a_pdf_of_the_bombs_form_that_carries_an_invoice_is_read() -> None:
    (found,) = read_documents([carrying(zlib.compress(cii()))])
    assert isinstance(found, EInvoice)


def test_a_pdf_that_ends_its_reader_takes_no_other_document_with_it() -> None:
    bomb = PDFS["a PDF in LZW"]()
    first, bombed, last = read_documents([facturx(cii()), bomb, facturx(cii())])
    assert isinstance(bombed, EInvoiceError)
    assert isinstance(first, EInvoice)
    assert isinstance(last, EInvoice)


def test_the_api_refuses_every_hostile_document_and_keeps_the_good_one_beside_it(
    network: Network, two: tuple[Member, Member]
) -> None:
    seller, _ = two
    good = document(ubl())
    for name, make in XML.items():
        if name.startswith("100 MB"):
            continue
        answer = send(seller, document(make()), good)
        assert answer.status_code == 422, name
        assert [line["status"] for line in answer.json()["lines"]] == ["refused", "accepted"], name
    assert network.http.get("/v1/health").status_code == 200


def test_the_api_stops_reading_what_is_larger_than_it_takes(two: tuple[Member, Member]) -> None:
    seller, _ = two
    try:
        answer = send(seller, document(b" " * 20_000_000))
    except httpx.TransportError:  # it may hang up while the rest is still being sent
        answer = send(seller, document(b" " * 8_000_000))
    assert answer.status_code == 413


def test_the_api_refuses_hostile_pdfs_and_goes_on(two: tuple[Member, Member]) -> None:
    seller, _ = two
    names = ("a PDF that unfolds to 2 GB", "a PDF whose names are a loop")
    answer = send(seller, *(document(PDFS[name]()) for name in names), document(facturx(cii())))
    assert answer.status_code == 422
    assert [line["status"] for line in answer.json()["lines"]] == ["refused"] * len(names) + ["accepted"]


VALID = (ubl(), cii(), ubl("CreditNote", reference="F-1"))
#: What an attacker would put where it does not belong.
PIECES = [b"<!DOCTYPE a>", b"<!--", b"]]>", b"<![CDATA[", b"&amp;", b"&#0;", b"<?x?>", b'"', b"<", b">", b"\0", b"\xff"]
PIECES += [b"-", b"1e9", b"0", b"9" * 40, "٣".encode(), "\u202e".encode(), b"&lt;", b" ", b"EUR", b"FR88100000009"]


@st.composite
def mutated(draw: st.DrawFn, sources: tuple[bytes, ...] = VALID) -> bytes:
    data = draw(st.sampled_from(sources))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.integers(0, 60)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=8) | st.just(data[begin:end] * 2))
        data = data[:begin] + piece + data[end:]
    return data


@given(mutated())
@settings(deadline=None, max_examples=400)
def test_a_mutated_invoice_is_read_as_a_line_that_makes_sense_or_refused_with_a_reason(data: bytes) -> None:
    (found,) = read_documents([data])
    if isinstance(found, EInvoiceError):
        assert found.term.startswith(("BT-", "BG-", "document"))
        assert found.reason
        assert found.reason.isprintable()
        return
    for own in (SELLER, BUYER):
        try:
            line = declared_fields(found, own)
        except EInvoiceError:
            continue
        assert 0 <= line["amount_open"] <= line["amount_total"]
        assert canonical_identifier(line["counterpart"]) == line["counterpart"] != own


@given(mutated(sources=(facturx(cii()),)))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
def test_a_mutated_pdf_is_read_or_refused(data: bytes) -> None:
    (found,) = read_documents([data])
    assert isinstance(found, EInvoice) or found.reason
