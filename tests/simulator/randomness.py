"""Everything random from one seed: the operating system's randomness too, on which keys, salts and nonces draw."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def seeded(seed: int) -> Iterator[random.Random]:
    """The run's own generator; until the end, whatever this process asks of the system comes from the seed too."""
    system = random.Random(f"system {seed}")
    modules: Any = (os, "urandom"), (random, "_urandom")
    kept = [getattr(module, name) for module, name in modules]
    for module, name in modules:
        setattr(module, name, system.randbytes)
    try:
        yield random.Random(f"run {seed}")
    finally:
        for (module, name), before in zip(modules, kept, strict=True):
            setattr(module, name, before)
