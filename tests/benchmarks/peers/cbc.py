"""PuLP with CBC, the solver that comes with it."""

import pulp

from .linear import set_off
from .network import run

if __name__ == "__main__":
    run(lambda network: set_off(network, pulp.PULP_CBC_CMD(mip=False, msg=False)))
