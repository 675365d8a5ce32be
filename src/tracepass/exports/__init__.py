"""Everything a workspace has, as one document: streamed, or made by a worker and kept for download."""
