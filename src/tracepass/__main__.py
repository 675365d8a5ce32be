"""`tracepass` and `python -m tracepass`: the commands, which take seconds to be read."""

import sys

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C has ended."""

try:
    from tracepass.cli import main
except KeyboardInterrupt:  # somebody thought better of it: no fault, so no stack
    sys.exit(INTERRUPTED)

__all__ = ["main"]

if __name__ == "__main__":
    main()
