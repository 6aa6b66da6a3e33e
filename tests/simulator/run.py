"""One run, from one seed."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from unittest.mock import patch

from .life import Life
from .randomness import seeded
from .signing import Key
from .transport import in_this_thread
from .world import World, watched


@dataclass(frozen=True, slots=True)
class Result:
    """What one seed gave."""

    seed: int
    tally: Counter[str]
    trace: str
    #: What went wrong, or None.
    failure: str | None
    seconds: float = 0.0


def run(seed: int, store: Any, *, signatures: bool | None = None) -> Result:
    """One run on an empty store. `signatures` None: in every tenth run they are really verified."""
    began = perf_counter()
    with ExitStack() as stack:
        rng = stack.enter_context(seeded(seed))
        signatures = seed % 10 == 0 if signatures is None else signatures
        stack.enter_context(in_this_thread(signatures=signatures))
        if not signatures:
            stack.enter_context(patch.object(Key, "sign", Key.seal))
        world = World(store, rng)
        stack.enter_context(watched(world))
        failure = None
        try:
            Life(world).live()
        except Exception as error:
            # Whatever it is, it is a failure of this seed, and the campaign goes on.
            error = world.violation or error
            failure = f"{type(error).__name__}: {error}"
        if world.failures:
            failure = f"{failure or ''} the engine logged: {'; '.join(world.failures[:3])}"
        return Result(seed, world.tally, world.trace.hexdigest(), failure, perf_counter() - began)
