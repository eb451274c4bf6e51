"""What goes through standard input and output, a JSON object on each line."""
import asyncio
import json
import sys

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

    def start(coroutine):
        task = asyncio.ensure_future(coroutine)
        # What nobody holds may be collected before it is done.
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def read():
        lines = asyncio.StreamReader(limit=longest_line)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        say(ready=True)
        while line := await lines.readline():
            start(answer(json.loads(line)))
        bus.client.request_shutdown()

    @bus.client.on_start()
    async def begin(client):
        start(read())
