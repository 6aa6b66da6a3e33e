from . import (
    test_contact_request,
    test_lead,
    test_lead_withdrawn,
    test_prefill,
    test_profile,
    test_rights,
    test_search,
    test_territory,
    test_watch,
)
