"""Prints what Lightbus makes of a configuration file for one API, options of transports included."""
import json
import sys

from lightbus.config import Config
from lightbus.transports.registry import TransportRegistry

file, api = sys.argv[1:]
config = Config.load_file(file)
transports = TransportRegistry().load_config(config)
own = config.api(api)
print(
    json.dumps(
        {
            "rpc_timeout": own.rpc_timeout,
            "validate": own.validate._asdict(),
            "strict_validation": own.strict_validation,
            "events": transports.get_event_transport(api).transport_config._asdict(),
            "rpcs": transports.get_rpc_transport(api).transport_config._asdict(),
            "results": transports.get_result_transport(api).transport_config._asdict(),
        },
        default=lambda value: getattr(value, "value", None) or dict(value),
    )
)
