"""What an answer of ours costs beside the least that any program could do for the same answer.

``python -m benchmarks`` runs our web process and bare floors on one embedded MongoDB, loads them in turns and prints
ratios. docs/benchmarks.md says what the floors are and how to read the table.
"""
