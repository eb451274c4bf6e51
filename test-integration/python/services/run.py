"""Runs the service as "lightbus run" does, which cannot itself run a service whose file turns the state plugin on."""
import signal
import sys

from bus import bus

from lightbus import configure_logging
from lightbus.utilities.async_tools import get_event_loop

configure_logging(log_level="WARNING")
for number in (signal.SIGINT, signal.SIGTERM):
    get_event_loop().add_signal_handler(number, bus.client.request_shutdown)
sys.exit(bus.client.run_forever())
