import { parseArgs } from 'node:util'
import { run } from './run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    server: { type: 'string', default: 'redis-server' },
    keep: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(
    'Say how long and which faults: npm run chaos -- --minutes 1 --seed 1 [--server redis-server]',
  )
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

try {
  const found = await run({ minutes, seed, serverBinary: values.server, keep: values.keep, say: console.log })
  for (const problem of found) console.log(`FAILED: ${problem}`)
  console.log(found.length === 0 ? `Nothing was lost (seed ${seed}).` : `The run failed (seed ${seed}).`)
  process.exitCode = found.length === 0 ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
