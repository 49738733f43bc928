"""What can go wrong in the domain, each kind with the status that fits and a sentence for the reader."""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal that the reader is told about; `message` is a sentence saying what to do."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(DomainError):
    """Something typed does not fit; `fields` maps a field's name to what is wrong with it."""

    status = 422

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class NotAllowed(DomainError):
    """Visible to this person, but not theirs to do."""

    status = 403


class NotFound(DomainError):
    """Not there, or not visible to this person."""

    status = 404


class Conflict(DomainError):
    """The thing has moved on since this person looked at it."""

    status = 409


class TooLarge(DomainError):
    """More bytes than we accept."""

    status = 413


class TooMany(DomainError):
    """Too many tries; `retry_after` seconds have to pass."""

    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part that this needs does not answer at the moment."""

    status = 503
