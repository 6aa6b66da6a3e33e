"""What a rendering says, in one language, before anything is laid out."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from bizoverbiz.currencies import CURRENCIES
from bizoverbiz.notices.payload import NoticeLine, Payload
from bizoverbiz.report.formats import Format
from bizoverbiz.report.wording import SENTENCES, Wording

_OWN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {**SENTENCES, **tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: invoice, counterpart, due date, and the amounts open, set off and remaining."""

    number: str
    counterpart: str
    due: str
    amounts: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    continued: str
    heads: Row
    rows: Sequence[Row]
    total: Row


@dataclass(frozen=True, slots=True)
class Document:
    """A notice in words; both layouts say the same."""

    language: str
    title: str
    subtitle: str
    #: Label and value.
    facts: Sequence[tuple[str, str]]
    sales: Table
    purchases: Table
    balance: str
    #: Title, paragraph.
    law: tuple[str, str]
    verify: tuple[str, str]
    fingerprints: Sequence[tuple[str, str]]
    #: What the QR code says: the digest of the signed notice.
    code: str
    #: The foot of a page, with `{page}` and `{pages}` still to be filled in.
    foot: str


def document(notice: Payload, token: str, keyid: str, language: str) -> Document:
    """Put a verified notice in words.

    `token` is the compact JWS it stands in, `keyid` the key that signed it. Raises `UnknownLanguageError`.
    """
    say = Wording(language, _OWN)
    form = Format(say, CURRENCIES.get(notice.currency, 2))
    what = "reversal_" if notice.kind == "reversal" else ""
    title = say(f"{what}title", number=str(notice.number))
    digest = sha256(token.encode("ascii")).hexdigest()
    tables = [_table(notice, form, side) for side in ("receivable", "payable")]
    total = form.money(notice.total, notice.currency)
    remaining = [
        form.money(sum(line.remaining for line in notice.lines if line.side == side), notice.currency)
        for side in ("receivable", "payable")
    ]
    return Document(
        language=language,
        title=title,
        subtitle=say("of_network", network=_plain(notice.network), round=str(notice.round)),
        facts=(
            (say("member"), f"{_plain(notice.name)}, {_identifier(say, notice.member)}"),
            (say("decided"), _moment(form, notice.decided_at)),
            *_reversed(notice, say),
            (say(f"{what}total"), total),
            (say("to_receive"), remaining[0]),
            (say("to_pay"), remaining[1]),
        ),
        sales=tables[0],
        purchases=tables[1],
        balance=say(f"{what}balance", total=total),
        law=(say("law_title"), say(f"{what}law", network=_plain(notice.network))),
        verify=(say("verify_title"), say("verify")),
        fingerprints=(
            (say("keyid"), keyid),
            (say("fingerprint"), digest),
            (say("round_root"), notice.round_root),
            (say("audit_head"), notice.audit_head),
        ),
        code=f"bizoverbiz-notice:sha256:{digest}",
        foot=say("page", title=title, member=notice.member, page="{page}", pages="{pages}"),
    )


def _reversed(notice: Payload, say: Wording) -> list[tuple[str, str]]:
    """Which of the member's notices a reversal takes back."""
    numbers = sorted({line.reverses for line in notice.lines if line.reverses is not None})
    told = ", ".join(say("reversal_of_notice", number=str(number)) for number in numbers)
    return [(say("reversal_of"), told)] if numbers else []


def _table(notice: Payload, form: Format, side: str) -> Table:
    say = form.wording
    lines = sorted(
        (line for line in notice.lines if line.side == side),
        key=lambda line: (
            _sortable(line.counterpart_name),
            line.counterpart,
            line.due_date or "",
            line.number,
            line.id,
        ),
    )
    own = side == "receivable"
    sums = [sum(getattr(line, name) for line in lines) for name in ("amount_open", "set_off", "remaining")]
    what = "reversal_" if notice.kind == "reversal" else ""
    title = say(f"{what}sales" if own else f"{what}purchases")
    return Table(
        title=title,
        continued=say("continued", title=title),
        heads=Row(
            say("invoice"),
            say("customer" if own else "supplier"),
            say("due"),
            (say("open"), say(f"{what}set_off"), say("remains_to_receive" if own else "remains_to_pay")),
        ),
        rows=[_row(line, notice.currency, form) for line in lines],
        total=Row(form.count("lines", len(lines)), "", "", _amounts(sums, notice.currency, form)),
    )


def _row(line: NoticeLine, currency: str, form: Format) -> Row:
    return Row(
        number=_plain(line.number),
        counterpart=f"{_plain(line.counterpart_name)} ({line.counterpart}){_agreed(line, form.wording)}",
        due=_day(form, line.due_date),
        amounts=_amounts((line.amount_open, line.set_off, line.remaining), currency, form),
    )


def _agreed(line: NoticeLine, say: Wording) -> str:
    """Of a commitment, whose reference alone says little: that it is one, and what is sold."""
    if line.commitment is None:
        return ""
    sold = "" if line.description is None else say("sold", description=_plain(line.description))
    return f" – {say('agreed')}{sold}"


def _amounts(amounts: Sequence[int], currency: str, form: Format) -> tuple[str, str, str]:
    first, second, third = (form.money(amount, currency) for amount in amounts)
    return first, second, third


def _day(form: Format, iso: str | None) -> str:
    if iso is None:
        return form.wording("at_once")
    return f"{date.fromisoformat(iso):%d/%m/%Y}" if form.wording.language == "fr" else iso


def _moment(form: Format, instant: str) -> str:
    day, _, time = instant.rstrip("Z").partition("T")
    return form.wording("moment", day=form.day(day), time=time[:5])


def _identifier(say: Wording, identifier: str) -> str:
    if len(identifier) == 9 and identifier.isdigit():
        return say("identifier_siren", siren="\u00a0".join((identifier[:3], identifier[3:6], identifier[6:])))
    return say("identifier_vat", vat=identifier)


def _sortable(name: str) -> str:
    """As a reader looks for it: without accents or case."""
    return "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))


def _plain(text: str) -> str:
    """Members' own words: composed, on one line, without characters that would reorder or hide others."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in composed).split())
