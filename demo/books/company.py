"""Makes the template's company one of the six firms: identity, users, partners, products."""

import json
import os
from pathlib import Path

from odoo.api import Environment

from demo.firms import FIRMS, PASSWORD, Firm

#: What an accountant of the demonstration may do: keep the books and approve set-offs. Not administer.
ACCOUNTANT_GROUPS = (
    "base.group_user",
    "base.group_partner_manager",
    "account.group_account_manager",
    "account.group_account_user",
    "bizoverbiz_network.group_approver",
)
EXCHANGE_CRON = "bizoverbiz_network.ir_cron_exchange"


def set_up(env: Environment, firm: Firm, folder: Path) -> None:
    """Writes the firm's two API keys to `folder`/keys-<firm>.json (mode 0600) as {"admin": …, "accountant": …}."""
    identity = _identity(env, firm)
    # Odoo's picture says "Your logo"; without one, the firm's initial stands there, and nothing in print.
    env.company.write({**identity, "logo": False})
    env.company.partner_id.write({"lang": "fr_FR", "tz": "Europe/Paris"})
    for other in FIRMS:
        if other.key != firm.key:
            env["res.partner"].create({**_identity(env, other), "is_company": True, "lang": "fr_FR"})
    _create_products(env, firm)
    admin = env.ref("base.user_admin")
    admin.write({"password": PASSWORD, "lang": "fr_FR", "tz": "Europe/Paris", "email": f"admin@{firm.key}.example"})
    accountant = _create_accountant(env, firm)
    # So that a person sees the booking soon after approving.
    env.ref(EXCHANGE_CRON).write({"interval_number": 1, "interval_type": "minutes"})
    _write_secret(
        folder / f"keys-{firm.key}.json",
        {"admin": _api_key(env, admin), "accountant": _api_key(env, accountant)},
    )


def _identity(env: Environment, firm: Firm) -> dict[str, object]:
    return {
        "name": firm.name,
        "street": firm.street,
        "zip": firm.zip,
        "city": firm.city,
        "country_id": env.ref("base.fr").id,
        "phone": firm.phone,
        "email": firm.email,
        "vat": firm.vat,
        "company_registry": firm.siret,
    }


def _create_accountant(env: Environment, firm: Firm):
    groups = [env.ref(name).id for name in ACCOUNTANT_GROUPS]
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": firm.accountant.name,
                "login": firm.accountant.login,
                "email": firm.accountant.login,
                "password": PASSWORD,
                "lang": "fr_FR",
                "tz": "Europe/Paris",
                "group_ids": [(6, 0, groups)],
            }
        )
    )


def _create_products(env: Environment, firm: Firm) -> None:
    chart = env["account.chart.template"]
    for product in firm.products:
        env["product.product"].create(
            {
                "name": product.name,
                "type": "service" if product.service else "consu",
                "list_price": product.cents / 100,
                "taxes_id": [(6, 0, chart.ref("tva_normale_encaissement" if product.service else "tva_normale").ids)],
                "supplier_taxes_id": [(5, 0, 0)],
                "property_account_income_id": chart.ref("pcg_706" if product.service else "pcg_701_account").id,
            }
        )


def _api_key(env: Environment, user) -> str:
    """A key for /json/2 without expiry, which only an administrator's environment may make."""
    return env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "demonstration", None)


def _write_secret(path: Path, content: dict[str, str]) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
