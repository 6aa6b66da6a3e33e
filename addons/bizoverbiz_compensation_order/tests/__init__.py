from . import (
    test_commitment,
    test_deposit_bill,
    test_draft,
    test_reversal,
    test_rights,
    test_worked_examples,
)
