"""TracePass for assistants: a server of the Model Context Protocol over our own REST API.

It knows the contract and an `Api` to send requests to, nothing else of the house: whatever a tool may do,
cost or refuse is decided where a REST call is, once.
"""
