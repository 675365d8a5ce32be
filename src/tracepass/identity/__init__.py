"""Who calls: workspaces, API keys and the caller they stand for."""
