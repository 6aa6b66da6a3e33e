"""The certificate accepts the optimum and nothing else."""

from datetime import date

import pytest

from bizoverbiz.netting import Certificate, CertificateError, Obligation, net, verify

LOOPS = [
    Obligation("1", "A", "B", 100),
    Obligation("2", "B", "C", 80),
    Obligation("3", "C", "A", 90),
    Obligation("4", "B", "A", 30),
    Obligation("5", "C", "D", 7),
]


def optimum() -> tuple[dict[str, int], Certificate]:
    result = net(LOOPS, on=date(2026, 11, 22))
    return dict(result.set_offs), result.certificate


def test_the_optimum_verifies_after_a_round_trip_through_json() -> None:
    set_offs, certificate = optimum()
    verify(LOOPS, set_offs, Certificate.from_json(certificate.to_json()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"1": 101}, "'1': 101 is outside 0 to 100"),
        ({"2": -1}, "'2': -1 is outside"),
        ({"5": 7}, "member 'C': receivables and payables set off differ by -7"),
        ({"9": 1}, "unknown obligation '9'"),
        ({"1": 99.0}, "'1': 99.0"),
    ],
)
def test_set_offs_that_break_a_rule_are_refused(change: dict[str, int], words: str) -> None:
    set_offs, certificate = optimum()
    with pytest.raises(CertificateError, match=words):
        verify(LOOPS, set_offs | change, certificate)


def test_a_balanced_set_off_below_the_maximum_is_refused() -> None:
    set_offs, certificate = optimum()
    less = set_offs | {"1": set_offs["1"] - 10, "4": set_offs["4"] - 10}
    with pytest.raises(CertificateError, match="the certificate says"):
        verify(LOOPS, less, certificate)
    with pytest.raises(CertificateError, match="not proven to be the maximum"):
        verify(LOOPS, less, Certificate(certificate.potentials, sum(less.values())))


def test_a_missing_set_off_is_refused() -> None:
    set_offs, certificate = optimum()
    del set_offs["3"]
    with pytest.raises(CertificateError, match="'3' has no set-off"):
        verify(LOOPS, set_offs, certificate)


@pytest.mark.parametrize(
    "document", [{}, {"total": 1}, {"total": 1.0, "potentials": {}}, {"total": 1, "potentials": 3}]
)
def test_what_is_no_certificate_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(CertificateError, match="not a certificate"):
        Certificate.from_json(document)
