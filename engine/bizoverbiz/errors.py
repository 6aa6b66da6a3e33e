"""What the engine refuses, as types: each names the thing, the reason and the way out."""

from __future__ import annotations

from typing import Any


class BizoverbizError(Exception):
    """Base of every error this engine raises on purpose."""


class WrongInputError(BizoverbizError):
    """A file or an option that cannot be worked with; exit status 2 on the command line."""


class EngineUnavailableError(BizoverbizError):
    """The database cannot be reached or holds no schema yet; worth another try later."""


class MisconfiguredError(BizoverbizError):
    """A setting, a key file or the network's own record is missing or wrong: the operator has to act."""


class RefusedError(BizoverbizError):
    """A request that is understood and refused.

    `detail` is one sentence for a human being; `field` names the offending field, if one is meant.
    `slug` is the last part of the problem type (RFC 9457) in docs/protocol.md.
    """

    slug = "malformed"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field

    @property
    def members(self) -> dict[str, Any]:
        """What the problem details say beyond RFC 9457's own members, for a client to act on."""
        return {}


class MalformedError(RefusedError):
    slug = "malformed"


class SignatureRefusedError(RefusedError):
    """`logged` is what the log may say of it, where `detail` quotes the request."""

    slug = "signature-invalid"

    def __init__(self, detail: str, *, field: str | None = None, logged: str | None = None) -> None:
        super().__init__(detail, field=field)
        self.logged = logged or detail


class ReplayedError(RefusedError):
    slug = "replayed"


class NotTheLiveCopyError(RefusedError):
    slug = "not-the-live-copy"


class IdempotencyConflictError(RefusedError):
    slug = "idempotency-conflict"


class InvitationInvalidError(RefusedError):
    slug = "invitation-invalid"


class AgreementDiffersError(RefusedError):
    slug = "agreement-differs"

    def __init__(self, detail: str, *, acceptable: list[str]) -> None:
        super().__init__(detail, field="agreement")
        self.acceptable = acceptable

    @property
    def members(self) -> dict[str, Any]:
        return {"acceptable": self.acceptable}


class InvitationUsedError(RefusedError):
    slug = "invitation-used"


class AlreadyAMemberError(RefusedError):
    slug = "already-a-member"


class KeyTakenError(RefusedError):
    slug = "key-taken"


class ProofInvalidError(RefusedError):
    slug = "proof-invalid"


class LastKeyError(RefusedError):
    slug = "last-key"


class TooManyKeysError(RefusedError):
    slug = "too-many-keys"


class SuspendedError(RefusedError):
    slug = "suspended"


class LeftError(RefusedError):
    slug = "left"


class InsolventError(RefusedError):
    slug = "insolvent"


class AgreementNotAcceptedError(RefusedError):
    slug = "agreement-not-accepted"


class NotFoundError(RefusedError):
    slug = "not-found"


class TooManyRequestsError(RefusedError):
    slug = "too-many-requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        #: Seconds.
        self.retry_after = retry_after


class ChangedMeanwhileError(RefusedError):
    slug = "changed-meanwhile"


class TooLateError(RefusedError):
    slug = "too-late"


class OutOfDateError(RefusedError):
    slug = "out-of-date"


class TooManyLinesError(RefusedError):
    slug = "too-many-lines"


class TooManyCommitmentsError(RefusedError):
    slug = "too-many-commitments"


class TooManyCandidatesError(RefusedError):
    slug = "too-many-candidates"


class TooManyContactRequestsError(RefusedError):
    slug = "too-many-contact-requests"


class ApprovalRaisedError(RefusedError):
    slug = "approval-raised"


class TooManyAnswersError(RefusedError):
    slug = "too-many-answers"


class WrongTotalError(RefusedError):
    slug = "wrong-total"


class OverCeilingError(RefusedError):
    slug = "over-ceiling"


class UnknownLineError(RefusedError):
    slug = "unknown-line"


class IllegalStepError(BizoverbizError):
    """A round cannot take this step from the state it is in."""
