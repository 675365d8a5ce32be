"""Webhooks: who wants to be told of what, and how it reaches them."""
