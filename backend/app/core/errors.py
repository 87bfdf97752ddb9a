"""Errors a caller can act on. Each carries a stable code and an HTTP status; the API renders them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field or rule: what, why, and where there is one, the limit and the value."""

    field: str
    code: str
    message: str
    limit: str | None = None
    value: str | None = None


class AppError(Exception):
    """Base of everything the product refuses on purpose."""

    code = "internal_error"
    status = 500

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.errors = errors
        self.retry_after_seconds = retry_after_seconds


class InvalidInputError(AppError):
    code = "invalid_input"
    status = 422


class UnauthenticatedError(AppError):
    code = "unauthenticated"
    status = 401


class ForbiddenError(AppError):
    code = "forbidden"
    status = 403


class NotFoundError(AppError):
    code = "not_found"
    status = 404


class ConflictError(AppError):
    code = "conflict"
    status = 409


class PreconditionFailedError(AppError):
    code = "version_mismatch"
    status = 412


class PreconditionRequiredError(AppError):
    """A change must say which version it was made from."""

    code = "if_match_required"
    status = 428


class TooManyRequestsError(AppError):
    code = "too_many_requests"
    status = 429


class UnavailableError(AppError):
    """A part that we depend on does not answer; nothing was changed."""

    code = "unavailable"
    status = 503
