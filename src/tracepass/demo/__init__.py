"""The demo: a workspace, its key, a product with a picture and a published battery passport, made over HTTP.

Whoever starts `tracepass demo` has something to look at and a key to try the API with. Running it again finds what is
there, keeps it, and makes only what is missing.
"""

from tracepass.demo.access import demo_key
from tracepass.demo.seeding import DemoFailed, seed
from tracepass.demo.summary import summary

__all__ = ["DemoFailed", "demo_key", "seed", "summary"]
