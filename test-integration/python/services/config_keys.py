"""Prints every key that this Lightbus knows in its configuration file: its types, its default and its values if they are few."""
import inspect
import json

from lightbus.config.config import config_as_json_schema
from lightbus_vendored.aioredis import create_redis_pool


def keys_in(schema, path):
    for name, child in schema.get("properties", {}).items():
        yield from keys_at(child, [*path, name])
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys_in(schema["additionalProperties"], [*path, "*"])


def keys_at(schema, path):
    ways = schema.get("anyOf", [schema])
    inner = [key for way in ways for key in keys_in(way, path)]
    # What only holds other keys is none itself.
    if not inner or path[-1] in ("redis", "validate"):
        fact = {"types": [way["type"] for way in ways], "default": schema.get("default")}
        yield ".".join(path), {**fact, "values": schema["enum"]} if "enum" in schema else fact
    yield from inner


parameters = [name for name in inspect.signature(create_redis_pool).parameters]
print(
    json.dumps(
        {"keys": dict(keys_in(config_as_json_schema(), [])), "connection_parameters": parameters},
        indent=2,
        sort_keys=True,
    )
)
