"""From the result of a netting to the page: figures counted, labelled and set into the template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import jinja2
import polars as pl

from bizoverbiz.currencies import digits_of
from bizoverbiz.report import drawing, figures, network
from bizoverbiz.report.formats import Format
from bizoverbiz.report.wording import SENTENCES, Wording

#: Lines of the table of members.
LARGEST = 15
#: Letters of a name in the drawing.
LONGEST_LABEL = 16
#: Options whose value is an amount in minor units.
AMOUNTS = frozenset({"smallest-obligation", "pair-cap", "smallest-set-off", "member-cap"})

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table with a bar."""

    label: str
    part: figures.Slice


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the table of rules."""

    label: str
    value: str
    #: What it kept out; None where it lowered no ceiling.
    effect: figures.Exclusion | None


def render(
    summary: Mapping[str, Any],
    setoffs: pl.DataFrame,
    members: pl.DataFrame,
    ages: pl.DataFrame,
    *,
    language: str = "en",
) -> str:
    """Give the page as HTML: one file, no scripts, nothing to fetch, the same bytes for the same tables.

    Args:
        summary: the content of summary.json; `seconds` is not shown.
        setoffs: the columns of setoffs.csv.
        members: the columns of members.csv.
        ages: currency, age (one of `figures.AGES`), amount, set_off; minor units.
        language: `en` or `fr`.

    Raises:
        UnknownLanguageError: no such language.
    """
    wording = Wording(language)
    sections = [
        _section(
            Format(wording, digits_of(code, summary["decimals"])),
            place,
            code,
            summary,
            *(table if len(summary["currency"]) == 1 else _of(table, code) for table in (setoffs, members, ages)),
        )
        for place, code in enumerate(sorted(summary["currency"]), 1)
    ]
    return _TEMPLATES.get_template("page.html").render(
        t=wording,
        f=Format(wording, 0),
        input=quote(summary["input"]["name"]),
        summary=summary,
        sections=sections,
    )


def _of(table: pl.DataFrame, code: str) -> pl.DataFrame:
    return table.filter(pl.col("currency") == code)


def _section(
    text: Format,
    place: int,
    code: str,
    summary: Mapping[str, Any],
    setoffs: pl.DataFrame,
    members: pl.DataFrame,
    ages: pl.DataFrame,
) -> dict[str, Any]:
    """Gather all that the template shows of one currency."""
    t = text.wording
    drawn = network.gather(setoffs, members)
    labels = [_label(text, node) for node in drawn.nodes] if drawn else []
    return {
        "place": place,
        "code": code,
        "f": text,
        "figures": summary["currency"][code],
        "obligations": len(setoffs),
        "members": len(members),
        "outcomes": [Row(t(str(part.key)), part) for part in figures.by_outcome(setoffs)],
        "ages": [Row(t(str(part.key)), part) for part in figures.by_age(ages)],
        "sizes": [Row(_size(text, int(part.key)), part) for part in figures.by_size(setoffs, text.decimals)],
        "shares": [Row(_share(text, int(part.key)), part) for part in figures.by_cleared_share(members)],
        "largest": figures.largest_members(members, LARGEST),
        "concentration": figures.concentration(members),
        "rules": _rules(text, code, summary["options"], figures.exclusions(setoffs)),
        "network": drawn,
        "grouped": drawn and len(drawn.nodes) < drawn.members,
        "hubs": sum(not node.group for node in drawn.nodes) if drawn else 0,
        "labels": labels,
        "drawings": drawing.draw(drawn, labels) if drawn else (),
        "names": [_name(text, node) for node in drawn.nodes] if drawn else [],
    }


def _size(text: Format, reached: int) -> str:
    bounds = [text.number(10**e) for e in figures.SIZE_EXPONENTS]
    if reached == 0:
        return text.wording("below", high=bounds[0])
    if reached == len(bounds):
        return text.wording("from", low=bounds[-1])
    return text.wording("between", low=bounds[reached - 1], high=bounds[reached])


def _share(text: Format, key: int) -> str:
    if key == 0:
        return text.wording("nothing_cleared")
    if key == figures.SHARES - 1:
        return text.wording("all_cleared")
    return text.wording("up_to", low=f"{10 * key - 10}", high=text.of_hundred(f"{10 * key}"))


def _name(text: Format, node: network.Node) -> str:
    if not node.group:
        return node.name or ""
    members = text.count("members", node.members)
    if node.name is None:
        return text.wording("group_others", members=members)
    return text.wording("group_of", members=members, name=node.name)


def _label(text: Format, node: network.Node) -> str:
    """Shorten a name, or a group to its number, to what fits beside a circle."""
    if node.group:
        return f"+{text.number(node.members)}"
    name = node.name or ""
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1].rstrip() + "…"


def _rules(text: Format, code: str, options: Mapping[str, Any], exclusions: Iterable[figures.Exclusion]) -> list[Rule]:
    """Join the options in use with what their rules excluded; a rule without an option is shown too."""
    excluded = {exclusion.rule: exclusion for exclusion in exclusions}
    chosen = {
        name.replace("_", "-"): value for name, value in options.items() if value is not None and value is not False
    }
    rules = []
    for name in [*chosen, *(rule for rule in excluded if rule not in chosen)]:
        key = f"rule_{name}"
        label = text.wording(key) if key in SENTENCES else name
        value = _value(text, code, name, chosen[name]) if name in chosen else ""
        rules.append(Rule(label, value, excluded.get(name)))
    return rules


def _percent(text: Format, share: str) -> str:
    part, _, whole = share.partition("/")
    return text.percent(int(part), int(whole or 1))


def _value(text: Format, code: str, name: str, value: Any) -> str:
    """Write an option's value: an amount, days, or how many entries a mapping has."""
    if isinstance(value, Mapping) and "kept" in value:
        return text.wording("kept", wanted=_percent(text, value["wanted"]), kept=_percent(text, value["kept"][code]))
    if value is True:
        return text.wording("yes")
    if name == "member-caps":
        return text.count("members", value)
    if isinstance(value, int) and name in AMOUNTS:
        return text.money(value, code)
    if isinstance(value, int) and name == "horizon":
        return text.count("days", value)
    return str(value)
