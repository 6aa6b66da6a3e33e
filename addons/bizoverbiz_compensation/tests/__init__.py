from . import (
    test_booking,
    test_declaration,
    test_discrepancy,
    test_foreign_currency,
    test_guards,
    test_lock_dates,
    test_minor_units,
    test_notice,
    test_open_invoices,
    test_statement,
    test_verification,
)
