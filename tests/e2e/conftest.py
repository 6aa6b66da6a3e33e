"""One run of the whole demonstration for all tests of the round trip."""

import pytest

from tests.demonstration import running


@pytest.fixture(scope="module")
def demo():
    with running() as started:
        yield started
