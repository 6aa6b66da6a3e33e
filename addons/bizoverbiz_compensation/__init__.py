from . import controllers, models, report, wizards


def post_init_hook(env):
    env["account.account"]._bizoverbiz_flag_retention()
