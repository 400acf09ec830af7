"""The log of every exchange with the outside: one row each, opened before the call and closed after it."""
