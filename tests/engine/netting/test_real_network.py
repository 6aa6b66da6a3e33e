"""A real payment network of 50,000 rows with a published optimum, used where it lies if it is there."""

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bizoverbiz.netting import Obligation, net

from ..commands import ok

ROWS = Path(__file__).parents[4] / "shared" / "data" / "obligations" / "payments-50000.csv.gz"


pytestmark = pytest.mark.skipif(not ROWS.exists(), reason="the payment network is not beside this checkout")


def test_the_optimum_of_a_real_network_is_the_published_one() -> None:
    with gzip.open(ROWS, "rt") as rows:
        lines = [line.split() for line in rows]
    obligations = [Obligation(f"{i:05}", a, b, int(Decimal(amount) * 1000)) for i, (a, b, amount) in enumerate(lines)]
    result = net(obligations, on=date(2021, 1, 1))
    assert sum(o.ceiling for o in obligations) == 69_538_095_930
    assert result.total == 34_132_873_634


def test_the_command_gives_the_published_optimum_and_it_verifies_against_the_file(tmp_path: Path) -> None:
    told = ok("net", ROWS, "--decimals", 3, "--on", "2021-01-01", "--no-report", "--json", "--out", tmp_path / "out")
    summary = json.loads(told)
    figures = summary["currency"]["EUR"]
    assert (figures["total"], figures["set_off"], summary["optimal"]) == (69_538_095_930, 34_132_873_634, True)
    assert json.loads(ok("verify", tmp_path / "out", ROWS, "--json"))["currency"]["EUR"]["proof"] == "certificate"
