"""Traces, which say where deliveries, orders and lots come from, and lots, whose lineage carries them forward."""
