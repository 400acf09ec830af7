"""Calls to third parties: messages, authentication, the egress guard, and the one client."""
