// What validation costs: CPU time of the same calls with and without it, in turns, caller and server in one process in memory.
import { createBus, defineApi, procedure } from '@lightbus/core'
import { z } from 'zod'

const [rounds, calls, inFlight] = [7, 4_000, 100]

const order = z.object({
  sku: z.string(),
  quantity: z.int().min(1),
  notes: z.array(z.string()),
  address: z.object({ street: z.string(), city: z.string(), country: z.string().length(2) }),
})
const shop = defineApi('shop', {
  procedures: { place_order: procedure({ order }, z.object({ id: z.string(), total: z.number() })) },
})
const parameters = {
  order: {
    sku: 'mug',
    quantity: 2,
    notes: ['fragile', 'a gift'],
    address: { street: 'Main Street 1', city: 'Vienna', country: 'AT' },
  },
}

/** A bus that checks and casts, or does neither. */
async function startedBus(isChecking: boolean) {
  const memory = { memory: { namespace: `validation-${isChecking}` } }
  const api = { validate: isChecking, cast_values: isChecking }
  const transports = { event_transport: memory, rpc_transport: memory, result_transport: memory }
  const bus = createBus({
    apis: [shop],
    logLevel: 'critical',
    config: { bus: { schema: { transport: memory } }, apis: { default: { ...api, ...transports } } },
  })
  bus.serve(shop, { place_order: ({ order: { sku } }) => ({ id: sku, total: 12.5 }) })
  await bus.start()
  return bus
}

type ShopBus = Awaited<ReturnType<typeof startedBus>>

/** CPU time of a call in microseconds. */
async function cpuOf(bus: ShopBus): Promise<number> {
  const before = process.cpuUsage()
  for (let done = 0; done < calls; done += inFlight)
    await Promise.all(Array.from({ length: inFlight }, () => bus.shop.place_order(parameters)))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const buses = { with: await startedBus(true), without: await startedBus(false) }
const costs = { with: [] as number[], without: [] as number[] }
for (let round = 0; round <= rounds; round += 1) {
  for (const name of ['with', 'without'] as const) {
    const cost = await cpuOf(buses[name])
    // The first round warms up.
    if (round > 0) costs[name].push(cost)
  }
}
for (const bus of Object.values(buses)) await bus.stop()

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const [checked, unchecked] = [median(costs.with), median(costs.without)]
const share = (checked - unchecked) / checked
console.log(`a call with validation     ${checked.toFixed(1)} µs of CPU`)
console.log(`a call without validation  ${unchecked.toFixed(1)} µs of CPU`)
console.log(`share of validation        ${(share * 100).toFixed(0)} %`)
