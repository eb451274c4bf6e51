"""What goes through standard input and output, a JSON object on each line."""
import asyncio
import json
import sys

telling_seconds = 0.02
longest_line = 2**26
tasks = set()


def say(**line):
    print(json.dumps(line), flush=True)


def obey(bus, verbs):
    """Answers commands from when the worker starts, each by its id, and shuts down when there can be no more."""

    async def answer(command):
        try:
            value = await verbs[command["verb"]](command["to"])
        except Exception as error:
            say(answer=command["id"], error=f"{type(error).__name__}: {error}")
        else:
            say(answer=command["id"], value=value)

    async def read():
        lines = asyncio.StreamReader(limit=longest_line)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        say(ready=True)
        while line := await lines.readline():
            tasks.add(asyncio.ensure_future(answer(json.loads(line))))
        bus.client.request_shutdown()

    @bus.client.on_start()
    async def start(client):
        tasks.add(asyncio.ensure_future(read()))


def tell_in_batches(bus):
    """Tells of what was handled now and then only, so that telling is not what is measured."""
    orders, said = [], None

    def flush():
        if orders:
            say(handled=orders, note=said)
            orders.clear()

    def tell(order, note):
        nonlocal said
        if note != said:
            flush()
            said = note
        orders.append(order)

    async def flush_again_and_again():
        while True:
            await asyncio.sleep(telling_seconds)
            flush()

    @bus.client.on_start()
    async def start(client):
        tasks.add(asyncio.ensure_future(flush_again_and_again()))

    @bus.client.on_stop()
    async def stop(client):
        flush()

    return tell
