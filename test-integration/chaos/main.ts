import { requestOf, usage } from './request.ts'
import { run } from './run.ts'

const request = requestOf(process.argv.slice(2), console.log)
if (!request) {
  console.error(usage)
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

try {
  const { seed } = request
  const found = await run(request)
  for (const problem of found) console.log(`FAILED: ${problem}`)
  console.log(found.length === 0 ? `Nothing was lost (seed ${seed}).` : `The run failed (seed ${seed}).`)
  process.exitCode = found.length === 0 ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
