"""Electronic invoices of EN 16931 as declarations: UBL 2.1, CII and Factur-X in, the fields of a line out.

Pure and hardened: what comes in is hostile until read. `reading` takes the document apart, `declaring` says what it
means to one member.
"""

from bizoverbiz.einvoices.declaring import declared_fields
from bizoverbiz.einvoices.errors import EInvoiceError
from bizoverbiz.einvoices.model import EInvoice, Party
from bizoverbiz.einvoices.reading import read_documents
from bizoverbiz.einvoices.xml import MAX_DOCUMENT

__all__ = ["MAX_DOCUMENT", "EInvoice", "EInvoiceError", "Party", "declared_fields", "read_documents"]
