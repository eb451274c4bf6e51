"""Keeps a load up: so many acts under way, each following upon the one before."""
import asyncio
from time import perf_counter, process_time


async def keep_up(act, ms, inFlight, payload):
    latencies = []
    cpu = process_time()
    began = ended = perf_counter()
    ends = began + ms / 1000

    async def one_after_the_other():
        nonlocal ended
        started = perf_counter()
        while started < ends:
            await act(payload)
            ended = perf_counter()
            latencies.append(round((ended - started) * 1000, 3))
            started = ended

    await asyncio.gather(*(one_after_the_other() for _ in range(inFlight)))
    return {
        "count": len(latencies),
        "ms": (ended - began) * 1000,
        "latenciesMs": latencies,
        "cpuUs": (process_time() - cpu) * 1e6,
    }
