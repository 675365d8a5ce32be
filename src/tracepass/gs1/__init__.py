"""GS1 identifiers as plain functions over plain values: no framework, no driver, no I/O."""
