"""Lets a test tell a Python service what to do: a JSON object on each line of its standard input, and of its standard output."""
import asyncio
import json
import sys


def say(**line):
    print(json.dumps(line), flush=True)


def obey(bus, verbs):
    """Reads commands from when the worker starts. Each names a verb and its parameters, and is answered by its id."""

    async def answer(command):
        try:
            value = await verbs[command["verb"]](**command["parameters"])
        except Exception as error:
            say(answer=command["id"], error=type(error).__name__, message=str(error))
        else:
            say(answer=command["id"], value=value)

    async def read():
        lines = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            tasks.add(asyncio.ensure_future(answer(json.loads(line))))

    tasks = set()

    @bus.client.on_start()
    async def start(client):
        tasks.add(asyncio.ensure_future(read()))
