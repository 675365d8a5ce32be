"""Domains of their own at which workspaces serve their links, each proven in DNS before it does."""
