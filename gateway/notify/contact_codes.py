"""Codes that verify contact methods: six digits that follow from an id and a secret. Pure.

Nothing that is stored gives a code away, and the message in the outbox holds its id alone.
"""

from dataclasses import dataclass
from uuid import UUID

from gateway.tokens.signing import is_signed, six_digits

LABEL = b"contact code v1"


@dataclass(frozen=True, slots=True)
class ContactCodes:
    """The issuer and verifier of codes: makes them with the first secret, accepts all."""

    secrets: tuple[bytes, ...]

    def code(self, code_id: str) -> str:
        """Return the code with this id."""
        return six_digits(self.secrets[0], LABEL, code_id)

    def matches(self, code_id: UUID, given: str) -> bool:
        """Return whether the given text is the code with this id."""
        return is_signed(self.secrets, LABEL, str(code_id), given, six_digits)
