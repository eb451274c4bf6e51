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
            latencies.append((ended - started) * 1000)
            started = ended

    await asyncio.gather(*(one_after_the_other() for _ in range(inFlight)))
    count = len(latencies)
    latencies.sort()
    return {
        "count": count,
        "ms": (ended - began) * 1000,
        "cpuUs": (process_time() - cpu) * 1e6 / count,
        "p50": latencies[int(count * 0.5)],
        "p99": latencies[int(count * 0.99)],
    }
