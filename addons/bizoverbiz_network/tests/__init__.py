from . import (
    test_agreement,
    test_copies,
    test_demonstration,
    test_exchange,
    test_identification,
    test_join,
    test_keys_changed,
    test_members,
    test_security,
    test_settings,
)
