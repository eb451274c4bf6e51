"""The Python half of the fleet: serves its APIs, listens for those of the TypeScript half, and says what it hears."""
import asyncio
import sys
from datetime import datetime

import lightbus
from lightbus.schema import Parameter

from control import obey, say
from values import User, hints, samples

say(python=sys.version_info[:2])
bus = lightbus.create()


class ValuesApi(lightbus.Api):
    everything = lightbus.Event(parameters=[Parameter(name, hint) for name, hint in hints.items()])

    class Meta:
        name = "py.values"

    def get_user(self, user: User) -> User:
        say(called="get_user", user=repr(user))
        return user

    def when(self) -> datetime:
        return samples["moment"]

    def lie(self) -> int:
        return "one"


class SumsApi(lightbus.Api):
    added = lightbus.Event(parameters=[Parameter("sum", int)])
    untyped = lightbus.Event(parameters=["a", "b"])

    class Meta:
        name = "py.sums"
        version = 3

    def add(self, a: int, b: int = 2) -> int:
        return a + b

    def fail(self, message: str) -> None:
        raise ValueError(message)


class TallyApi(lightbus.Api):
    counted = lightbus.Event(parameters=[Parameter("n", int)])

    class Meta:
        name = "py.tally"


class SlowApi(lightbus.Api):
    class Meta:
        name = "py.slow"

    async def wait(self) -> None:
        say(called="wait")
        await asyncio.Event().wait()


for api in (ValuesApi(), SumsApi(), TallyApi(), SlowApi()):
    bus.client.register_api(api)

gate = asyncio.Event()


async def hear(event, **parameters):
    values = {name: repr(value) for name, value in parameters.items()}
    say(heard=event.canonical_name, id=event.id, version=event.version, values=values)


async def hear_everything(event, **parameters):
    await hear(event, **parameters)


async def hear_at_the_gate(event, n: int):
    say(taken=n)
    await gate.wait()
    say(shared=n)


# Each parameter is cast to its hint, as it is for a listener that names them all.
hear_everything.__annotations__ = hints

bus.ts.values.everything.listen(hear_everything, listener_name="py_values")
bus.ts.sums.added.listen(hear, listener_name="py_sums")
bus.ts.tally.counted.listen(hear, listener_name="py_tally")
bus.ts.shared.counted.listen(hear_at_the_gate, listener_name="shared")


async def hear_and_fail(event, n: int):
    say(failed=n)
    raise ValueError(f"no {n}")


bus.client.listen_for_events(
    [("ts.forgiven", "counted")],
    hear_and_fail,
    listener_name="forgiven",
    on_error=lightbus.OnError.ACKNOWLEDGE_AND_LOG,
)
# This way of listening drops on_error on its way.
bus.ts.fatal.counted.listen(
    hear_and_fail, listener_name="fatal", on_error=lightbus.OnError.ACKNOWLEDGE_AND_LOG
)


async def fire(event, parameters=None):
    api, _, name = event.rpartition(".")
    kwargs = samples if parameters is None else parameters
    message = await bus.client.fire_event(api_name=api, name=name, kwargs=kwargs)
    return message.id


async def call(procedure, parameters, options=None):
    api, _, name = procedure.rpartition(".")
    return await bus.client.call_rpc_remote(
        api_name=api, name=name, kwargs=parameters, options=options or {}
    )


async def open_gate():
    gate.set()


async def describe_samples():
    def title(hint):
        return hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")

    return {name: [title(hints[name]), repr(value)] for name, value in samples.items()}


obey(
    bus,
    {"fire": fire, "call": call, "open_gate": open_gate, "describe_samples": describe_samples},
)
