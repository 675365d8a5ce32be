"""The OAuth 2.1 authorization server: how a person lets an application act for them, without giving it a password."""
