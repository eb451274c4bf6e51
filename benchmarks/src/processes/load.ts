import { payloadOf, type Load, type Payload, type Yield } from '../subject.ts'

/** Does an act again and again, so many at a time, each following upon the one before. */
export async function underLoad(
  { ms, inFlight, bytes }: Load,
  act: (payload: Payload) => Promise<unknown>,
): Promise<Yield> {
  const payload = payloadOf(bytes)
  const latencies: number[] = []
  const cpu = process.cpuUsage()
  const beganAt = performance.now()
  const endsAt = beganAt + ms
  let endedAt = beganAt
  const oneAfterTheOther = async (): Promise<void> => {
    for (let startedAt = performance.now(); startedAt < endsAt; startedAt = endedAt) {
      await act(payload)
      endedAt = performance.now()
      latencies.push(endedAt - startedAt)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, oneAfterTheOther))
  return yieldOf(latencies, endedAt - beganAt, cpu)
}

function yieldOf(latencies: number[], ms: number, before: NodeJS.CpuUsage): Yield {
  const { user, system } = process.cpuUsage(before)
  latencies.sort((a, b) => a - b)
  const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? NaN
  const count = latencies.length
  return { count, ms, cpuUs: (user + system) / count, p50: at(0.5), p99: at(0.99) }
}
