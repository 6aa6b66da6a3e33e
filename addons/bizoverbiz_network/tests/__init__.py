from . import test_exchange, test_identification, test_join, test_security
