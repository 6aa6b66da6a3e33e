"""The empty French database every firm starts from."""

from collections.abc import Iterable

from odoo.modules.registry import Registry

from demo.books.session import environment

MODULES = ("account", "l10n_fr_account", "account_edi_ubl_cii")
#: Attachments live in the database, so that a copy of the database is a copy of everything.
PARAMETERS = {"ir_attachment.location": "db", "web.base.url.freeze": "True"}


def build(database: str) -> None:
    """Installs Odoo's modules on an empty database, in French and with the French chart.

    Language and country come first: the chart is then loaded in French, and as the French one.
    """
    Registry.new(database, update_module=True, install_modules=["base"])
    with environment(database) as env:
        env["res.lang"]._activate_lang("fr_FR")
        for key, value in PARAMETERS.items():
            env["ir.config_parameter"].set_param(key, value)
        company = env.ref("base.main_company")
        company.write({"country_id": env.ref("base.fr").id, "currency_id": env.ref("base.EUR").id})
    Registry.new(database, update_module=True, install_modules=["base", *MODULES])
    with environment(database) as env:
        env["ir.attachment"].force_storage()
        chart = env.company.chart_template
        if chart != "fr":
            raise RuntimeError(f"{database}: the chart is {chart!r} instead of 'fr': Odoo installed another country's")
        env["res.users"].search([]).write({"lang": "fr_FR", "tz": "Europe/Paris"})
        env["res.partner"].search([]).write({"lang": "fr_FR"})
    _check_installed(database, MODULES)


def install(database: str, modules: list[str]) -> None:
    """Adds modules, ours or Odoo's, to a database that `build` has made."""
    Registry.new(database, update_module=True, install_modules=modules)
    _check_installed(database, modules)


def _check_installed(database: str, modules: Iterable[str]) -> None:
    with environment(database) as env:
        missing = set(modules) - set(env["ir.module.module"]._installed())
    if missing:
        raise RuntimeError(f"{database}: not installed: {', '.join(sorted(missing))}; see the log")
