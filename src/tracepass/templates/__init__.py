"""Category templates: which fields a passport of a product group holds, and what each field accepts.

The files under ``data/`` are the source; everything else in this package reads them.
"""
