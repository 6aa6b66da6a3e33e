from . import (
    test_collections,
    test_electronic_invoices,
    test_fec,
    test_requests_for_money,
    test_worked_examples,
)
