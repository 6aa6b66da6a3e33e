"""Where UBL 2.1 and CII keep the terms of EN 16931 (CEN/TS 16931-3-2 and 16931-3-3)."""

from __future__ import annotations

from bizoverbiz.einvoices.model import Syntax

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_UBL_NAMESPACES = {"cac": _UBL + "CommonAggregateComponents-2", "cbc": _UBL + "CommonBasicComponents-2"}
_CII = "urn:un:unece:uncefact:data:standard:"
_CII_NAMESPACES = {
    "rsm": _CII + "CrossIndustryInvoice:100",
    "ram": _CII + "ReusableAggregateBusinessInformationEntity:100",
    "udt": _CII + "UnqualifiedDataType:100",
}


def _ubl_party(role: str, identifier: str, registration: str, vat: str) -> dict[str, str]:
    party = f"cac:Accounting{role}Party/cac:Party"
    return {
        identifier: f"{party}/cac:PartyIdentification/cbc:ID",
        registration: f"{party}/cac:PartyLegalEntity/cbc:CompanyID",
        vat: f"{party}/cac:PartyTaxScheme[normalize-space(cac:TaxScheme/cbc:ID)='VAT']/cbc:CompanyID",
    }


def _ubl(document: str, due: str) -> Syntax:
    total = "cac:LegalMonetaryTotal/cbc:"
    # a bank's creditor identifier (BT-90) stands among the payee's, and names no other payee
    identification = "cac:PartyIdentification/cbc:ID[not(@schemeID='SEPA')]"
    payee = "cac:PayeeParty"
    return Syntax(
        name=f"UBL 2.1 {document}",
        root=f"{{{_UBL}{document}-2}}{document}",
        namespaces=_UBL_NAMESPACES,
        paths={
            "BT-1": "cbc:ID",
            "BT-2": "cbc:IssueDate",
            "BT-3": f"cbc:{document}TypeCode",
            "BT-5": "cbc:DocumentCurrencyCode",
            "BT-9": due,
            "BT-24": "cbc:CustomizationID",
            "BT-25": "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
            "BG-10": f"{payee}[cac:PartyName or cac:PartyLegalEntity or {identification}]",
            "BT-60": f"{payee}/{identification}",
            "BT-61": f"{payee}/cac:PartyLegalEntity/cbc:CompanyID",
            "BT-112": f"{total}TaxInclusiveAmount",
            "BT-113": f"{total}PrepaidAmount",
            "BT-114": f"{total}PayableRoundingAmount",
            "BT-115": f"{total}PayableAmount",
            **_ubl_party("Supplier", "BT-29", "BT-30", "BT-31"),
            **_ubl_party("Customer", "BT-46", "BT-47", "BT-48"),
        },
        date_form="YYYY-MM-DD",
    )


_AGREEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
_SETTLEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"


def _cii_party(role: str, identifier: str, registration: str, vat: str) -> dict[str, str]:
    party = f"{_AGREEMENT}/ram:{role}TradeParty"
    return {
        identifier: f"{party}/ram:GlobalID",
        registration: f"{party}/ram:SpecifiedLegalOrganization/ram:ID",
        vat: f"{party}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
    }


def _cii() -> Syntax:
    total = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"
    payee = f"{_SETTLEMENT}/ram:PayeeTradeParty"
    return Syntax(
        name="CII",
        root=f"{{{_CII_NAMESPACES['rsm']}}}CrossIndustryInvoice",
        namespaces=_CII_NAMESPACES,
        paths={
            "BT-1": "rsm:ExchangedDocument/ram:ID",
            "BT-2": "rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
            "BT-3": "rsm:ExchangedDocument/ram:TypeCode",
            "BT-5": f"{_SETTLEMENT}/ram:InvoiceCurrencyCode",
            "BT-9": f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",
            "BT-24": "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
            "BT-25": f"{_SETTLEMENT}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
            "BG-10": payee,
            "BT-60": f"{payee}/ram:GlobalID",
            "BT-61": f"{payee}/ram:SpecifiedLegalOrganization/ram:ID",
            "BT-112": f"{total}GrandTotalAmount",
            "BT-113": f"{total}TotalPrepaidAmount",
            "BT-114": f"{total}RoundingAmount",
            "BT-115": f"{total}DuePayableAmount",
            **_cii_party("Seller", "BT-29", "BT-30", "BT-31"),
            **_cii_party("Buyer", "BT-46", "BT-47", "BT-48"),
        },
        date_form="YYYYMMDD",
    )


SYNTAXES = {
    syntax.root: syntax
    for syntax in (
        _ubl("Invoice", "cbc:DueDate"),
        _ubl("CreditNote", "cac:PaymentMeans/cbc:PaymentDueDate"),
        _cii(),
    )
}
