"""A notice as people read it: text and PDF, in French and in English."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from bizoverbiz.notices import Leaf, NoticeLine, Payload, SigningKey, create_key_file, merkle_root, proofs
from bizoverbiz.notices.rendering import document, render_pdf, render_text
from bizoverbiz.notices.rendering.document import _OWN
from bizoverbiz.report import UnknownLanguageError

from .client import Member
from .conftest import SIRENS, Network, Ring
from .operating import decide, propose
from .test_cli import Operator, one_line, operator

__all__ = ["operator"]
ME = "552100554"
SPACES = re.compile("\\s+")


def notice(*lines: dict[str, Any], currency: str = "EUR") -> Payload:
    """A notice of Atelier Morin; what the lines leave out is filled in, and the two sides are made equal."""
    shape = {"counterpart": SIRENS[0], "counterpart_name": "Lefèvre", "due_date": "2026-10-31", "remaining": 0}
    told = [shape | {"number": f"INV/{place}", "id": f"id-{place}"} | line for place, line in enumerate(lines)]
    leaves = [
        Leaf(
            ME if line["side"] == "receivable" else line["counterpart"],
            line["counterpart"] if line["side"] == "receivable" else ME,
            *(line["id"], line["number"], 7, currency, line["set_off"], "00" * 32),
        )
        for line in told
    ]
    root = merkle_root(leaves)
    assert root is not None
    return Payload(
        network="Réseau du Nord-Isère",
        round=7,
        member=ME,
        name="Atelier Morin",
        number=1234,
        decided_at="2026-11-01T10:00:00Z",
        currency=currency,
        total=sum(line["set_off"] for line in told if line["side"] == "payable"),
        lines=[
            NoticeLine(
                **line,
                reference=None,
                amount_open=line["set_off"] + line["remaining"],
                ceiling=line["set_off"],
                salt="00" * 32,
                proof=[list(step) for step in proof],
            )
            for line, proof in zip(told, proofs(leaves), strict=True)
        ],
        round_root=root.hex(),
        audit_head="ab" * 32,
    )


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return create_key_file(tmp_path / "key.pem")


def text(key: SigningKey, payload: Payload, language: str = "fr") -> str:
    return render_text(document(payload, key.sign(payload), key.keyid, language))


def pdf(key: SigningKey, payload: Payload, language: str = "fr") -> PdfReader:
    return PdfReader(BytesIO(render_pdf(document(payload, key.sign(payload), key.keyid, language))))


def read(reader: PdfReader) -> str:
    """All its text, each run of spaces (narrow ones too) as one."""
    return SPACES.sub(" ", " ".join(page.extract_text() for page in reader.pages))


SIMPLE = (
    {"side": "receivable", "set_off": 123456789, "remaining": 50, "counterpart_name": "Lefèvre & Fils"},
    {"side": "payable", "set_off": 123456700, "number": "F-1", "counterpart_name": "Żółć", "remaining": 1001},
    {"side": "payable", "set_off": 89, "number": "F-2", "due_date": None},
)


def test_the_french_text_lists_sales_and_purchases_and_what_remains(key: SigningKey) -> None:
    said = text(key, notice(*SIMPLE))
    assert said.startswith("AVIS DE COMPENSATION N°\u00a01234\nRéseau du Nord-Isère, cycle de compensation n°\u00a07\n")
    assert "Atelier Morin, SIREN 552\u00a0100\u00a0554" in said
    assert "1er\u00a0novembre\u00a02026 à 10:00 UTC" in said
    assert re.search("INV/0 +Lefèvre & Fils .100000009. +31/10/2026 +1\u202f234\u202f568,39\u00a0€ ", said)
    assert re.search("F-2 .* comptant +0,89\u00a0€ +0,89\u00a0€ +0,00\u00a0€", said)
    assert re.search("Reste à recevoir sur ces ventes +0,50\u00a0€", said)
    assert re.search("Reste à payer sur ces achats +10,01\u00a0€", said)
    assert re.search("Total, 2 lignes .* 1\u202f234\u202f567,89\u00a0€ +10,01\u00a0€", said)
    assert "Ventes compensées 1\u202f234\u202f567,89\u00a0€ = achats compensés 1\u202f234\u202f567,89\u00a0€" in said
    assert "1348-2" in said
    assert all(len(line) <= 118 for line in said.splitlines())


def test_the_english_text_says_the_same(key: SigningKey) -> None:
    said = text(key, notice(*SIMPLE), "en")
    assert said.startswith("SET-OFF NOTICE NO.\u00a01234\n")
    assert re.search("INV/0 +Lefèvre & Fils .100000009. +2026-10-31 +€1,234,568.39 ", said)
    assert "Sales set off €1,234,567.89 = purchases set off €1,234,567.89" in said


@pytest.mark.parametrize(
    ("language", "agreed"), [("en", "sale agreed, not invoiced"), ("fr", "vente convenue, non facturée")]
)
def test_a_commitment_says_what_is_sold(key: SigningKey, language: str, agreed: str) -> None:
    sale = "7K2MW9RB41QXC"
    line = {"side": "receivable", "set_off": 100, "number": sale, "commitment": sale}
    owed = {"side": "payable", "set_off": 100}
    told = notice(line | {"description": "40 pumps of cast iron"}, owed)
    words = [*agreed.split(), "40", "pumps", "of", "cast", "iron"]
    for said in (text(key, told, language), read(pdf(key, told, language))):
        # Amounts may stand between, where the cell has more than one line.
        assert re.search("[\\s\\S]*?".join(map(re.escape, words)), said)
    nameless = text(key, notice(line, owed), language)
    assert re.search("[\\s\\S]*?".join(map(re.escape, agreed.split())), nameless)
    assert "None" not in nameless


def test_every_sentence_is_there_in_both_languages() -> None:
    for name, sentence in _OWN.items():
        assert set(sentence) == {"en", "fr"}, name
        fields = {language: set(re.findall("{(\\w+)}", words)) for language, words in sentence.items()}
        assert fields["en"] == fields["fr"], name
        assert not re.search("[^\u00a0][:;?!](?!//)", sentence["fr"].replace("\u202f", "\u00a0")), name


@pytest.mark.parametrize(("language", "amount"), [("fr", "1 234 567,89 €"), ("en", "€1,234,567.89")])
def test_the_pdf_says_what_the_text_says(key: SigningKey, language: str, amount: str) -> None:
    payload = notice(*SIMPLE)
    printed = SPACES.sub("", read(pdf(key, payload, language)))
    body = text(key, payload, language).partition("\n")[2]
    words = [word for word in body.split() if set(word) != {"-"}]
    assert len(words) > 100
    for word in words:
        assert word in printed, word
    assert SPACES.sub("", amount) in printed


def test_the_pdf_embeds_its_fonts_and_names_its_title_and_language(key: SigningKey) -> None:
    reader = pdf(key, notice(*SIMPLE))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.creator) == ("Avis de compensation n°\u00a01234", "BizOverBiz")
    assert reader.root_object["/Lang"] == "fr"
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert {font["/BaseFont"].partition("+")[2] for font in fonts} == {"SourceSansPro-Regular", "SourceSansPro-Bold"}
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)


def test_the_same_notice_gives_the_same_bytes(key: SigningKey) -> None:
    payload = notice(*SIMPLE)
    words = document(payload, key.sign(payload), key.keyid, "fr")
    assert render_pdf(words) == render_pdf(words)
    assert render_text(words) == render_text(words)


def test_a_long_notice_repeats_the_heads_of_its_tables_and_counts_its_pages(key: SigningKey) -> None:
    lines = [
        {"side": side, "set_off": 100 + place, "number": f"{side[0]}{place:04}", "id": f"{side}{place}"}
        for side in ("receivable", "payable")
        for place in range(600)
    ]
    reader = pdf(key, notice(*lines))
    pages = [SPACES.sub(" ", page.extract_text()) for page in reader.pages]
    assert len(pages) > 15
    for number, page in enumerate(pages, start=1):
        assert f"page {number} sur {len(pages)}" in page
        assert ("Facture Client" in page or "Facture Fournisseur" in page) or number == len(pages)
    assert "Ventes compensées (vos créances), suite" in pages[1]
    whole = " ".join(pages)
    for side in ("r", "p"):
        assert all(f"{side}{place:04}" in whole for place in range(600))


def test_long_names_are_wrapped_within_their_column_and_nothing_is_lost(key: SigningKey) -> None:
    name = (
        "Société des Papeteries et Cartonneries Réunies de la Vallée de l’Isère, venant aux droits de l’ancienne " * 2
    )
    number = "FACTURE/" + "0123456789" * 6
    lines = (
        {"side": "receivable", "set_off": 10**17, "counterpart_name": name},
        {"side": "payable", "set_off": 10**17, "number": number},
    )
    payload = notice(*lines)
    printed = SPACES.sub("", read(pdf(key, payload)))
    for other in ("31/10/2026", "1000000000000000,00€", "0,00€", "Lefèvre(100000009)"):
        assert other in printed
        printed = printed.replace(other, "")
    assert SPACES.sub("", name) in printed
    assert number in printed
    said = text(key, payload)
    assert all(word in said for word in name.split())
    assert number in "".join(line[:24] for line in said.splitlines())


@pytest.mark.parametrize("name", ["東京 Corp", "a\u202eb", "line\nbreak\u0007", "e\u0301"])
def test_a_name_in_another_script_or_with_hidden_characters_does_no_harm(key: SigningKey, name: str) -> None:
    lines = ({"side": "receivable", "set_off": 1, "counterpart_name": name}, {"side": "payable", "set_off": 1})
    said, printed = text(key, notice(*lines)), read(pdf(key, notice(*lines)))
    assert not {"\u202e", "\u0007"} & {*said, *printed}
    assert ("é (1000" in printed) == (name == "e\u0301")
    assert ("?? Corp" in printed) == name.endswith("Corp")


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "1\u202f234\u00a0JPY"), ("TND", "1,234\u00a0TND"), ("CHF", "12,34\u00a0CHF")]
)
def test_amounts_have_the_digits_of_their_currency(key: SigningKey, currency: str, amount: str) -> None:
    lines = ({"side": "receivable", "set_off": 1234}, {"side": "payable", "set_off": 1234})
    assert f" {amount}" in text(key, notice(*lines, currency=currency))


def test_a_language_nobody_has_written_is_refused(key: SigningKey) -> None:
    payload = notice(*SIMPLE)
    with pytest.raises(UnknownLanguageError, match="choose one of en, fr"):
        document(payload, key.sign(payload), key.keyid, "de")


@pytest.fixture
def member(network: Network, ring: Ring) -> Member:
    """One that has a notice."""
    number = propose(network)
    for one in ring:
        one.approve(one.statement())
    decide(network, number)
    return ring[0]


def test_a_member_fetches_its_notice_to_read_and_nobody_elses(member: Member, ring: Ring) -> None:
    answer = member.call("GET", "/v1/notices/1.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert 'filename="notice-1.fr.pdf"' in answer.headers["content-disposition"]
    assert f"Firm {member.identifier}, SIREN 100 000 009" in read(PdfReader(BytesIO(answer.content)))
    answer = member.call("GET", "/v1/notices/1.txt?language=en")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("SET-OFF NOTICE")
    for path in ("/v1/notices/2.pdf", "/v1/notices/0.txt"):
        assert member.call("GET", path).json()["type"].endswith("not-found")
    assert member.call("GET", "/v1/notices/1.pdf?language=de").status_code == 422
    assert member.call("GET", "/v1/notices/x.pdf").status_code == 422


def test_notices_come_in_pages(member: Member) -> None:
    assert member.get("/v1/notices", limit=1)["next"] is None
    assert member.get("/v1/notices", after=1) == {"notices": [], "next": None}


def test_a_notice_is_verified_and_rendered_by_command_without_a_database(
    network: Network, member: Member, operator: Operator, tmp_path: Path
) -> None:
    file, keys = tmp_path / "notice.jws", tmp_path / "keys.json"
    file.write_text(member.get("/v1/notices")["notices"][0]["jws"])
    keys.write_text(network.http.get("/v1/keys").text)
    del operator.environment["DATABASE_URL"]
    assert "--keys" in operator.run("notice", "verify", str(file)).stderr
    with_keys = ("--keys", str(keys))
    holds = operator.ok("notice", "verify", str(file), *with_keys)
    assert f"Signed with key {network.key.keyid}" in holds
    assert "Compensé" in operator.ok("notice", "render", str(file), "--format", "text", *with_keys)
    operator.ok("notice", "render", str(file), "--language", "en", *with_keys)
    assert (tmp_path / "notice.en.pdf").read_bytes() == member.call("GET", "/v1/notices/1.pdf?language=en").content
    nowhere = operator.run("notice", "render", str(file), "--out", str(tmp_path / "no" / "where"), *with_keys)
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (2, True)
    file.write_text(file.read_text()[:-8] + "AAAAAAAA")
    assert "does not hold" in one_line(operator.run("notice", "render", str(file), *with_keys))
