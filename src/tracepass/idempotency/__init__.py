"""Requests that may be repeated without taking effect twice: claims on keys, and the answers kept under them."""
