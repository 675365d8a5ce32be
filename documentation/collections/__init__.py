"""Makes collections for API clients of the contract: for Postman, for Bruno, and files of HTTP requests.

``contract`` reads the operations, ``plan.yaml`` says in which order they work and what one leaves for the next,
``building`` makes requests of both, ``postman``, ``bruno`` and ``httpfile`` write them. ``make collections`` runs it.
"""
