"""PuLP with HiGHS."""

import pulp

from .linear import set_off
from .network import run

#: Bit 10: searching the balance rows for dependent ones, which takes minutes on large networks.
_DEPENDENT_EQUATIONS = 1 << 10

if __name__ == "__main__":
    run(lambda network: set_off(network, pulp.HiGHS(mip=False, msg=False, presolve_rule_off=_DEPENDENT_EQUATIONS)))
