"""What article A47 A-1 of the Livre des procédures fiscales asks of a file of accounting entries (FEC).

Written from the article (part VII: sequence of fields, formats, order) and from nothing else: it shares no code with
what exports the file.
"""

import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

FIELDS = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
]
#: Blank if not used; every other field is filled.
OPTIONAL = {"CompAuxNum", "CompAuxLib", "EcritureLet", "DateLet", "Montantdevise", "Idevise"}
DATES = ("EcritureDate", "PieceDate", "DateLet", "ValidDate")
#: Digits, a comma before the decimals, no separator of thousands, filled up on the left.
AMOUNT = re.compile(r" *[+-]?\d+(,\d+)?")
NAME = re.compile(r"\d{9}FEC\d{8}\.txt")


def amount(text):
    return Decimal(text.strip().replace(",", ".")) if text.strip() else Decimal(0)


def read(content):
    """Rows of a file as dicts, fields separated by tabs or vertical bars."""
    lines = content.decode("utf-8").split("\r\n")
    separator = "|" if "|" in lines[0] else "\t"
    return [dict(zip(FIELDS, line.split(separator), strict=True)) for line in lines[1:] if line]


def check(content, name):
    """What is wrong with the file: one sentence each, naming the line; empty if nothing is.

    :param bytes content: the file
    :param str name: its name: SIREN, FEC, last day of the year
    """
    lines = content.decode("utf-8").split("\r\n")
    separator = "|" if "|" in lines[0] else "\t"
    if lines[0].split(separator) != FIELDS:
        return [f"the first line names {lines[0]!r}"]
    found = [] if NAME.fullmatch(name) else [f"the file's name is {name!r}"]
    for number, line in enumerate(filter(None, lines[1:]), start=2):
        if line.count(separator) != len(FIELDS) - 1:
            return [*found, f"line {number} has {line.count(separator) + 1} fields"]
        row = dict(zip(FIELDS, line.split(separator), strict=True))
        found += [f"line {number}: {problem}" for problem in _check_row(row)]
    return found or _check_entries(read(content)) + _check_letters(read(content))


def _check_row(row):
    for field in FIELDS:
        if field not in OPTIONAL and not row[field].strip():
            yield f"{field} is blank"
    for field in DATES:
        if row[field] and not _is_date(row[field]):
            yield f"{field} is {row[field]!r}"
    wrong = [field for field in ("Debit", "Credit", "Montantdevise") if row[field] and not AMOUNT.fullmatch(row[field])]
    yield from (f"{field} is {row[field]!r}" for field in wrong)
    if not re.match(r"\d{3}", row["CompteNum"]):
        yield f"CompteNum is {row['CompteNum']!r}: not an account of the general chart"
    if not wrong and bool(amount(row["Debit"])) == bool(amount(row["Credit"])):
        yield "there is to be either a debit or a credit"
    if bool(row["EcritureLet"].strip()) != bool(row["DateLet"].strip()):
        yield "letter and date of lettering go together"
    if bool(row["CompAuxNum"].strip()) != bool(row["CompAuxLib"].strip()):
        yield "number and name of the auxiliary account go together"
    if row["Montantdevise"].strip() and not row["Idevise"].strip():
        yield "an amount in a currency needs the currency"


def _is_date(text):
    if not re.fullmatch(r"\d{8}", text):
        return False
    try:
        datetime.strptime(text, "%Y%m%d")
    except ValueError:
        return False
    return True


def _check_entries(rows):
    """Entries stand in the order they were validated, each in one piece, balanced and of one date."""
    found, balances, dates, ended, last = [], defaultdict(Decimal), {}, set(), None
    for row in rows:
        key = row["JournalCode"], row["EcritureNum"]
        if key != last:
            ended.add(last)
            if key in ended:
                found.append(f"entry {key} is scattered")
            if last and dates[last] > row["ValidDate"]:
                found.append(f"entry {key} stands behind one validated later")
        if dates.setdefault(key, row["ValidDate"]) != row["ValidDate"]:
            found.append(f"entry {key} has two dates")
        balances[key] += amount(row["Debit"]) - amount(row["Credit"])
        last = key
    return found + [f"entry {key} is out of balance by {balance}" for key, balance in balances.items() if balance]


def _check_letters(rows):
    """Lines that bear one letter settle each other: one account and partner, and no balance."""
    balances, accounts = defaultdict(Decimal), defaultdict(set)
    for row in rows:
        if letter := row["EcritureLet"].strip():
            balances[letter] += amount(row["Debit"]) - amount(row["Credit"])
            accounts[letter].add((row["CompteNum"], row["CompAuxNum"]))
    return [f"letter {letter} is out of balance by {balance}" for letter, balance in balances.items() if balance] + [
        f"letter {letter} stands on several accounts" for letter, found in accounts.items() if len(found) > 1
    ]
