"""`python -m tracepass`: the same commands as `tracepass`."""

from tracepass.cli import main

if __name__ == "__main__":
    main()
