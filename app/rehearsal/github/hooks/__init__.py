"""Webhooks: which App is told about what, the payload, and the sending."""
