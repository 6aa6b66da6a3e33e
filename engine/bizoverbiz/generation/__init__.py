"""Made-up networks of obligations that behave like real ones, for trials, benchmarks and tests at any size.

Pure functions of (firms, obligations, seed, on), apart from writing the file. Everything that decides a figure uses
only operations that IEEE 754 defines to the last bit, so every machine draws the same network.
"""

from bizoverbiz.generation.errors import GenerationError
from bizoverbiz.generation.files import check_target, write
from bizoverbiz.generation.network import DEFAULT_ON, Network, draw_network
from bizoverbiz.generation.profiles import draw_profiles, profile_lines
from bizoverbiz.generation.statistics import Statistics, maximum_set_off, measure

__all__ = [
    "DEFAULT_ON",
    "GenerationError",
    "Network",
    "Statistics",
    "check_target",
    "draw_network",
    "draw_profiles",
    "maximum_set_off",
    "measure",
    "profile_lines",
    "write",
]
