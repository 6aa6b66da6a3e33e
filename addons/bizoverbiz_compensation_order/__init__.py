from . import models


def post_init_hook(env):
    """Accounts of deposits, for charts that were loaded before this addon."""
    env["res.company"].search([("chart_template", "!=", False)])._bizoverbiz_ensure_deposit_accounts()
