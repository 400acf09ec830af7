"""All ways in which the hub shows a third party who it is: whoever asks for one here finds every one registered."""

from hub.http import auth, oauth
from hub.http.auth import AuthScheme, Credentials, choices, scheme

__all__ = ["AuthScheme", "Credentials", "auth", "choices", "oauth", "scheme"]
