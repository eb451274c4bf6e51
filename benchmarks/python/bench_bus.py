"""One part of a load on the real Python Lightbus: what its first argument says, with the configuration that its second is."""
import json
import sys
from dataclasses import dataclass

import lightbus
from lightbus.schema import Parameter

from load import keep_up
from pipe import obey, say

part, config = sys.argv[1], json.loads(sys.argv[2])
bus = lightbus.create(config=config)
bus.client.set_features({"serve": ["rpcs"], "handle": ["events"]}.get(part, []))


@dataclass
class Payload:
    order: int
    note: str


class BenchApi(lightbus.Api):
    happened = lightbus.Event(parameters=[Parameter("order", int), Parameter("note", str)])

    class Meta:
        name = "bench"

    async def echo(self, order: int, note: str) -> Payload:
        return Payload(order, note)


bus.client.register_api(BenchApi())

if part == "handle":

    async def handle(event, order: int, note: str):
        say(handled={"order": order, "note": note})

    bus.bench.happened.listen(handle, listener_name="bench")


async def call(payload):
    return await bus.bench.echo.call_async(**payload)


async def fire(payload):
    await bus.bench.happened.fire_async(**payload)


obey(
    bus,
    {
        "call": call,
        "fire": fire,
        "callFor": lambda run: keep_up(call, **run),
        "fireFor": lambda run: keep_up(fire, **run),
    },
)
sys.exit(bus.client.run_forever())
