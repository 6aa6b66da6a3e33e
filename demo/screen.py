"""The last screen of the demonstration."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from demo.doorman import PORT
from demo.firms import BY_KEY, BY_SIREN, PASSWORD, Firm
from demo.progress import console

#: Where the addons look up another port of the demonstration.
PARAMETER = "bizoverbiz_network.demonstration_url"
ANSWERS = {"approve": "approved", "refuse": "refused"}
KINDS = {
    "missing-at-debtor": "the debtor never recorded it",
    "missing-at-creditor": "the creditor has no such invoice",
    "amounts-differ": "amounts differ",
    "disputed": "in dispute",
}


def euros(cents: int | None) -> str:
    """As a French reader writes it: 12 345,67."""
    if cents is None:
        return "–"
    return f"{cents / 100:,.2f}".replace(",", "\u202f").replace(".", ",")


def show_result(result: Mapping[str, Any]) -> None:
    console.print()
    console.print(_firms(result))
    network = result["network"]
    share = network["set_off"] / network["total_before"]
    console.print(
        f"[bold]Network[/]: matched debt {euros(network['total_before'])} € → {euros(network['total_after'])} €, "
        f"[bold green]{euros(network['set_off'])} € ({share:.1%}) cleared[/] without any money moving; "
        f"proposed {euros(network['proposed'])} €. "
        f"Optimum {'verified by its certificate' if network['optimum_verified'] else '[red]NOT verified[/]'}."
    )
    for answer in result["approvals"]:
        struck = ", ".join(f"{line['number']} ({euros(line['proposed'])} €)" for line in answer["struck"])
        console.print(
            f"  {answer['answered_by']} ({answer['firm']}) {ANSWERS[answer['answer']]} {euros(answer['proposed'])} €"
            + (f", struck {struck}" if struck else "")
        )
    console.print("[bold]Discrepancies[/], told to both sides:")
    for entry in result["discrepancies"]:
        creditor, debtor = (BY_SIREN[entry[side]].name for side in ("creditor", "debtor"))
        console.print(
            f"  {entry['number']}, {creditor} → {debtor}: {KINDS[entry['kind']]} "
            f"({euros(entry['creditor_amount'])} € / {euros(entry['debtor_amount'])} €)"
        )
    found = result["prospection"]
    console.print(f"[bold]Prospection[/]: {found['firm']} looks for « {found['keywords']} » and has made leads of")
    console.print("  " + ", ".join(found["leads"]), markup=False)
    bands = [f"{firm['name']} ({firm['potential']})" for firm in found["found"] if firm["potential"]]
    console.print("  Set-off potential of members: " + ", ".join(bands), markup=False)
    console.print("[bold]Checked[/] in every database:")
    for name, holds in result["invariants"].items():
        console.print(Text(f"  {'✓' if holds else '✗'} {name}", style="green" if holds else "red"))


def _firms(result: Mapping[str, Any]) -> Table:
    table = Table(
        title="One round of multilateral set-off (€, matched invoices)",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("Firm", overflow="fold")
    for heading in ("Receivable\nbefore", "Payable\nbefore", "Set off", "Receivable\nafter", "Payable\nafter"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Cleared\nwhole/part", justify="right")
    for firm in result["firms"]:
        names = ("receivable_before", "payable_before", "set_off", "receivable_after", "payable_after")
        amounts = [euros(firm[name]) for name in names]
        table.add_row(firm["name"], *amounts, f"{firm['invoices_cleared']}/{firm['invoices_partial']}")
    return table


def address(url: str, firm: Firm, action: str, record: int | None = None) -> str:
    """Where a browser finds an action of the addons; asks for the login first, in the firm's own database."""
    page = f"/odoo/action-bizoverbiz_compensation.{action}" + (f"/{record}" if record else "")
    return f"{url}/web/login?db={firm.database}&redirect={page}"


def show_way_on(url: str, doorman: int, waiting: str, statement: Mapping[str, Any], result_file: str) -> None:
    """How a person approves the statement left waiting, and sees it booked."""
    firm = BY_KEY[waiting]
    console.print(f"\nThe same as JSON: {result_file}", soft_wrap=True)
    console.print(
        f"\n[bold]Round {statement['round']} waits for one answer[/]: {firm.name} may set off "
        f"{euros(round(statement['receivable'] * 100))} € on each side; everybody else has approved. To give it:"
    )
    console.print(f"  1. open {address(url, firm, 'bizoverbiz_statement_action', statement['id'])}", soft_wrap=True)
    console.print(f"  2. log in as [bold]{firm.accountant.login}[/], password [bold]{PASSWORD}[/]")
    console.print("  3. check the lines, strike what you like, and press « Approuver »")
    console.print("  4. within two minutes every firm has booked it; your notice is then at")
    console.print(f"     {address(url, firm, 'bizoverbiz_notice_action')}", soft_wrap=True)
    console.print("The other firms' accountants, with the same password:")
    for other in BY_KEY.values():
        if other.key != waiting:
            console.print(f"  {url}/web/login?db={other.database}  {other.accountant.login}", soft_wrap=True)
    console.print("An Odoo of your own on this machine joins by « Essayer la démonstration » in Invoicing's settings")
    if doorman != PORT:
        console.print(f"  (first set its system parameter {PARAMETER} to http://127.0.0.1:{doorman})", soft_wrap=True)
    console.print("[bold]make stop[/] ends it all.")
