"""Invoices made for the tests: the least that each syntax's schema asks for."""

from __future__ import annotations

import io
from typing import Any

from facturx import generate_from_binary
from pypdf import PdfWriter

#: Valid SIRENs with a SIRET and the VAT number of each.
SELLER, BUYER, OTHER = "100000009", "200000008", "300000007"
SELLER_SIRET = "10000000900017"
BUYER_VAT = "FR37200000008"

_UBL = """<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>{issued}</cbc:IssueDate>{due}
  <cbc:{root}TypeCode>{kind}</cbc:{root}TypeCode>
  <cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>{reference}
  <cac:AccountingSupplierParty><cac:Party>{seller}</cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>{buyer}</cac:Party></cac:AccountingCustomerParty>{payee}
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="{currency}">100.00</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="{currency}">100.00</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="{currency}">{total}</cbc:TaxInclusiveAmount>
    {paid}<cbc:PayableAmount currencyID="{currency}">{open}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
  {lines}
</{root}>
"""
_UBL_LINE = """<cac:{root}Line><cbc:ID>1</cbc:ID>
    <cbc:{quantity} unitCode="C62">1</cbc:{quantity}>
    <cbc:LineExtensionAmount currencyID="{currency}">100.00</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Oak boards</cbc:Name></cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="{currency}">100.00</cbc:PriceAmount></cac:Price>
  </cac:{root}Line>"""
_CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
  xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
    <ram:ID>{profile}</ram:ID>
  </ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>{number}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="102">{issued}</udt:DateTimeString></ram:IssueDateTime>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:ApplicableHeaderTradeAgreement>
      <ram:SellerTradeParty>{seller}</ram:SellerTradeParty>
      <ram:BuyerTradeParty>{buyer}</ram:BuyerTradeParty>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery/>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>{currency}</ram:InvoiceCurrencyCode>{payee}{tax}{due}
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        {sum}<ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount>
        <ram:TaxTotalAmount currencyID="{currency}">20.00</ram:TaxTotalAmount>
        <ram:GrandTotalAmount>{total}</ram:GrandTotalAmount>
        {paid}<ram:DuePayableAmount>{open}</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>{reference}
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
"""
_TAX = """
      <ram:ApplicableTradeTax><ram:CalculatedAmount>20.00</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>
        <ram:BasisAmount>100.00</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>
        <ram:RateApplicablePercent>20.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>"""
MINIMUM, BASIC_WL = "urn:factur-x.eu:1p0:minimum", "urn:factur-x.eu:1p0:basicwl"


def ubl_party(registration: str | None = None, scheme: str = "0002", vat: str | None = None) -> str:
    tax = (
        f"<cac:PartyTaxScheme><cbc:CompanyID>{vat}</cbc:CompanyID>"
        "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
        if vat
        else ""
    )
    company = f'<cbc:CompanyID schemeID="{scheme}">{registration}</cbc:CompanyID>' if registration else ""
    return (
        "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country>"
        f"</cac:PostalAddress>{tax}<cac:PartyLegalEntity><cbc:RegistrationName>A firm</cbc:RegistrationName>"
        f"{company}</cac:PartyLegalEntity>"
    )


def ubl(root: str = "Invoice", **changes: Any) -> bytes:
    """An invoice of 120.00 EUR, of which 20.00 are paid, with the terms given instead."""
    kind = {"Invoice": "380", "CreditNote": "381"}[root]
    quantity = {"Invoice": "InvoicedQuantity", "CreditNote": "CreditedQuantity"}[root]
    terms = {
        "number": "F-2026-001",
        "issued": "2026-09-01",
        "due": "2026-10-31",
        "kind": kind,
        "currency": "EUR",
        "total": "120.00",
        "paid": "20.00",
        "rounding": None,
        "open": "100.00",
        "seller": ubl_party(SELLER_SIRET, "0009"),
        "buyer": ubl_party(vat=BUYER_VAT),
        "payee": "",
        "reference": "",
    } | changes
    amounts = {"PrepaidAmount": terms["paid"], "PayableRoundingAmount": terms["rounding"]}
    terms["paid"] = "".join(
        f'<cbc:{name} currencyID="{terms["currency"]}">{amount}</cbc:{name}>\n    '
        for name, amount in amounts.items()
        if amount is not None
    )
    is_dated = terms["due"] and root == "Invoice"
    terms["due"] = f"\n  <cbc:DueDate>{terms['due']}</cbc:DueDate>" if is_dated else ""
    if terms["reference"]:
        inner = f"<cac:InvoiceDocumentReference><cbc:ID>{terms['reference']}</cbc:ID></cac:InvoiceDocumentReference>"
        terms["reference"] = f"\n  <cac:BillingReference>{inner}</cac:BillingReference>"
    line = _UBL_LINE.format(root=root, quantity=quantity, currency=terms["currency"])
    return _UBL.format(root=root, **{"lines": line} | terms).encode()


def cii_party(registration: str | None = None, scheme: str = "0002", vat: str | None = None) -> str:
    company = (
        f'<ram:SpecifiedLegalOrganization><ram:ID schemeID="{scheme}">{registration}</ram:ID>'
        "</ram:SpecifiedLegalOrganization>"
        if registration
        else ""
    )
    address = "<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>"
    tax = f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{vat}</ram:ID></ram:SpecifiedTaxRegistration>'
    return f"<ram:Name>A firm</ram:Name>{company}{address}{tax if vat else ''}"


def cii(profile: str = BASIC_WL, **changes: Any) -> bytes:
    """The same invoice as `ubl` makes."""
    minimum = profile == MINIMUM
    terms = {
        "number": "F-2026-001",
        "issued": "20260901",
        "due": None if minimum else "20261031",
        "kind": "380",
        "currency": "EUR",
        "total": "120.00",
        "paid": None if minimum else "20.00",
        "rounding": None,
        "open": "100.00",
        "seller": cii_party(SELLER, vat=None if minimum else "FR88100000009"),
        "buyer": f'<ram:Name>A firm</ram:Name><ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">{BUYER}</ram:ID>'
        "</ram:SpecifiedLegalOrganization>"
        if minimum
        else cii_party(BUYER),
        "payee": "",
        "tax": "" if minimum else _TAX,
        "sum": "" if minimum else "<ram:LineTotalAmount>100.00</ram:LineTotalAmount>",
        "reference": "",
    } | changes
    amounts = {"RoundingAmount": terms["rounding"], "TotalPrepaidAmount": terms["paid"]}
    terms["paid"] = "".join(
        f"<ram:{name}>{amount}</ram:{name}>\n        " for name, amount in amounts.items() if amount is not None
    )
    if terms["due"]:
        day = f'<udt:DateTimeString format="102">{terms["due"]}</udt:DateTimeString>'
        terms["due"] = (
            f"\n      <ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>{day}</ram:DueDateDateTime>"
            "</ram:SpecifiedTradePaymentTerms>"
        )
    if terms["reference"]:
        inner = f"<ram:IssuerAssignedID>{terms['reference']}</ram:IssuerAssignedID>"
        terms["reference"] = f"<ram:InvoiceReferencedDocument>{inner}</ram:InvoiceReferencedDocument>"
    return _CII.format(profile=profile, **terms | {"due": terms["due"] or ""}).encode()


def blank_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def facturx(xml: bytes) -> bytes:
    """A PDF of one blank page that carries the invoice."""
    made: bytes = generate_from_binary(blank_pdf(), xml, check_xsd=False, check_schematron=False, afrelationship="data")
    return made
