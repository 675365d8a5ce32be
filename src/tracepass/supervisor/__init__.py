"""`tracepass serve`: web processes, a worker and, where no database is given, mongod as one family.

Whatever dies is started again; whoever stops the parent stops all, in an order that loses nothing.
"""

from tracepass.supervisor.family import Family
from tracepass.supervisor.listening import AddressInUse, Listener
from tracepass.supervisor.processes import run_web, run_worker

__all__ = ["AddressInUse", "Family", "Listener", "run_web", "run_worker"]
