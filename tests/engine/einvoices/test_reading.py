"""What a valid invoice declares, and what is said of one that declares nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from facturx import xml_check_xsd

from bizoverbiz.einvoices import EInvoice, EInvoiceError, declared_fields, read_documents

from .samples import (
    BASIC_WL,
    BUYER,
    BUYER_VAT,
    MINIMUM,
    OTHER,
    SELLER,
    SELLER_SIRET,
    blank_pdf,
    cii,
    cii_party,
    facturx,
    ubl,
    ubl_party,
)

LINE = {
    "side": "receivable",
    "counterpart": BUYER,
    "number": "F-2026-001",
    "currency": "EUR",
    "amount_total": 12000,
    "amount_open": 10000,
    "issue_date": "2026-09-01",
    "due_date": "2026-10-31",
}
Make = Callable[..., bytes]
both = pytest.mark.parametrize("make", [ubl, cii])


def read(data: bytes) -> EInvoice:
    (found,) = read_documents([data])
    assert isinstance(found, EInvoice), found
    return found


def refused(data: bytes, own: str = SELLER) -> EInvoiceError:
    (found,) = read_documents([data])
    if isinstance(found, EInvoiceError):
        return found
    with pytest.raises(EInvoiceError) as caught:
        declared_fields(found, own)
    return caught.value


@pytest.mark.parametrize("data", [ubl(), ubl("CreditNote"), cii(), cii(MINIMUM), ubl(due="")])
def test_the_samples_are_valid_against_their_schemas(data: bytes) -> None:
    assert xml_check_xsd(data)


@pytest.mark.parametrize("data", [ubl(), cii(), facturx(cii())], ids=["UBL", "CII", "Factur-X"])
def test_the_seller_declares_a_receivable_and_the_buyer_a_payable(data: bytes) -> None:
    assert declared_fields(read(data), SELLER) == LINE
    assert declared_fields(read(data), BUYER) == LINE | {"side": "payable", "counterpart": SELLER}


def test_the_profile_minimum_of_factur_x_has_no_due_date_and_no_place_for_what_is_paid() -> None:
    assert declared_fields(read(facturx(cii(MINIMUM))), SELLER) == LINE | {"due_date": None}


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [
        ("EUR", "1234.5", 123450),
        ("EUR", "0.30", 30),
        ("EUR", "100.000", 10000),
        ("JPY", "1200", 1200),
        ("KWD", "1.234", 1234),
        ("EUR", "90071992547409.93", 9007199254740993),
    ],
)
def test_amounts_are_exact_in_every_currency(currency: str, written: str, minor: int) -> None:
    invoice = read(ubl(currency=currency, total=written, open=written, paid=None))
    assert (invoice.amount_total, invoice.amount_open) == (minor, minor)


def test_a_rounding_amount_belongs_to_what_is_to_be_paid() -> None:
    invoice = read(ubl(total="119.99", rounding="0.01", paid="20.00", open="100.00"))
    assert (invoice.amount_total, invoice.amount_open) == (12000, 10000)


def test_a_comment_or_a_cdata_section_in_a_number_changes_nothing() -> None:
    assert read(ubl(number="F-2026<!-- no -->-<![CDATA[001]]>")).number == "F-2026-001"


def test_lines_and_attachments_are_left_aside_however_large() -> None:
    line = "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cac:Item><cbc:Name>Oak</cbc:Name></cac:Item></cac:InvoiceLine>"
    assert read(ubl(lines=line * 20_000)).number == "F-2026-001"


@pytest.mark.parametrize("scheme", ["0002", "0009"])
def test_a_siren_and_a_siret_mean_the_same_firm(scheme: str) -> None:
    number = {"0002": SELLER, "0009": SELLER_SIRET}[scheme]
    assert read(ubl(seller=ubl_party(number, scheme))).seller.identifier == SELLER
    assert read(cii(seller=cii_party(number, scheme))).seller.identifier == SELLER


def test_a_firm_abroad_is_its_vat_number() -> None:
    assert read(ubl(buyer=ubl_party("HRB 1", "0204", vat="DE136695976"))).buyer.identifier == "DE136695976"


def test_the_legal_registration_comes_before_the_vat_number_which_may_be_a_groups() -> None:
    assert read(ubl(buyer=ubl_party(OTHER, vat=BUYER_VAT))).buyer.identifier == OTHER


@both
def test_a_credit_note_is_refused_and_the_invoice_it_credits_is_named(make: Make) -> None:
    error = refused(make(kind="381", reference="F-2026-000"))
    assert error.term == "BT-3"
    assert "F-2026-000" in error.reason
    assert "declare invoice" in error.reason


def test_a_credit_note_of_ubl_is_refused_whatever_its_code() -> None:
    assert "credit note" in refused(ubl("CreditNote", kind="380")).reason


@both
@pytest.mark.parametrize(("kind", "word"), [("393", "factored"), ("325", "no invoice"), ("751", "no invoice")])
def test_a_claim_of_another_or_no_claim_is_refused(make: Make, kind: str, word: str) -> None:
    error = refused(make(kind=kind))
    assert (error.term, word in error.reason) == ("BT-3", True)


def test_an_invoice_to_be_paid_to_another_firm_is_refused() -> None:
    payee = '<cac:PayeeParty><cac:PartyLegalEntity><cbc:CompanyID schemeID="0002">{}</cbc:CompanyID>'
    payee += "</cac:PartyLegalEntity></cac:PayeeParty>"
    assert refused(ubl(payee=payee.format(OTHER))).term == "BG-10"
    assert read(ubl(payee=payee.format(SELLER))).number == "F-2026-001"
    factor = "<ram:PayeeTradeParty><ram:Name>A factor</ram:Name></ram:PayeeTradeParty>"
    assert refused(cii(payee=factor)).term == "BG-10"


@both
@pytest.mark.parametrize(
    ("changes", "term", "words"),
    [
        ({"number": " "}, "BT-1", "missing"),
        ({"issued": ""}, "BT-2", "missing"),
        ({"issued": "20260230"}, "BT-2", "not a day"),
        ({"issued": "2026-02-30"}, "BT-2", "not a day"),
        ({"issued": "01/09/2026"}, "BT-2", "not a day"),
        ({"kind": ""}, "BT-3", "missing"),
        ({"currency": "EURO"}, "BT-5", "ISO 4217"),
        ({"due": "soon"}, "BT-9", "not a day"),
        ({"total": ""}, "BT-112", "missing"),
        ({"total": "1e3"}, "BT-112", "not a number"),
        ({"total": "120.005"}, "BT-112", "more decimals"),
        ({"total": "9" * 30}, "BT-112", "too large"),
        ({"total": "-120.00"}, "BT-112", "credit"),
        ({"paid": "NaN"}, "BT-113", "not a number"),
        ({"open": ""}, "BT-115", "missing"),
        ({"open": "-1"}, "BT-115", "credit"),
        ({"open": "99.99"}, "BT-115", "BT-112 less BT-113"),
        ({"open": "120.00"}, "BT-115", "BT-112 less BT-113"),
    ],
)
def test_an_error_names_the_business_term(make: Make, changes: dict[str, Any], term: str, words: str) -> None:
    error = refused(make(**changes))
    assert error.term == term
    assert words in error.reason


def test_two_different_values_of_one_term_are_refused() -> None:
    assert "more than once" in refused(ubl(number="1</cbc:ID><cbc:ID>2")).reason


def test_an_amount_in_another_currency_than_the_invoices_is_refused() -> None:
    data = ubl().replace(b'PayableAmount currencyID="EUR"', b'PayableAmount currencyID="USD"')
    assert refused(data).term == "BT-115"


@pytest.mark.parametrize(
    ("seller", "term"),
    [
        (ubl_party("100000008"), "BT-30"),
        (ubl_party("10000000900018", "0009"), "BT-30"),
        (ubl_party(vat="FR00100000009"), "BT-31"),
        (ubl_party(), "BT-30"),
    ],
)
def test_a_seller_that_cannot_be_told_is_refused_with_the_term_and_the_reason(seller: str, term: str) -> None:
    error = refused(ubl(seller=seller), own=BUYER)
    assert error.term == term
    assert "seller" in error.reason


def test_an_invoice_between_two_others_is_refused() -> None:
    assert OTHER in refused(ubl(), own=OTHER).reason


def test_an_invoice_of_a_firm_to_itself_is_refused() -> None:
    assert "owes itself nothing" in refused(ubl(buyer=ubl_party(SELLER))).reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Invoice F-2026-001", "not well-formed"),
        (b"<Invoice/>", "only UBL 2.1"),
        (b'<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"/>', "only UBL 2.1"),
        (blank_pdf(), "no invoice in XML"),
        (facturx(cii())[:2000], "no invoice in XML"),
        (cii(BASIC_WL)[:-30], "not well-formed"),
    ],
)
def test_what_is_no_invoice_is_refused(data: bytes, words: str) -> None:
    error = refused(data)
    assert error.term == "document"
    assert words in error.reason


def test_one_refused_document_leaves_the_others_alone() -> None:
    found = read_documents([blank_pdf(), ubl(), facturx(cii()), b"%PDF-1.7", facturx(cii())])
    assert [isinstance(one, EInvoice) for one in found] == [False, True, True, False, True]
