"""What generation refuses."""

from bizoverbiz.errors import BizoverbizError


class GenerationError(BizoverbizError):
    """A network that cannot be drawn or written; the message says what to ask for instead."""
