from . import models


def post_init_hook(env):
    """Payment data of what was booked before this addon was installed."""
    env["bizoverbiz.notice"].search([("state", "in", ("booked", "acknowledged"))])._create_collections()
