from odoo.exceptions import UserError


class EngineUnavailable(UserError):  # noqa: N818 - a state of things, not a fault
    """The engine gave no usable answer: no connection, a timeout, a 5xx, or something that is not JSON.

    Whether the request was carried out is unknown; the same request with the same Idempotency-Key may be sent again.
    """


class EngineRefused(UserError):  # noqa: N818
    """The engine understood the request and refused it (RFC 9457 problem details).

    :ivar int status: the HTTP status, 4xx
    :ivar str slug: the last part of the problem's ``type``, e.g. ``invitation-used``
    :ivar str detail: the engine's own explanation
    :ivar dict problem: the whole answer, with members of its own such as ``lines``
    """

    def __init__(self, message, *, status, slug, detail="", problem=None):
        super().__init__(message)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.problem = problem or {}
