import { parseArgs } from 'node:util'
import { soak } from './run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    report: { type: 'string', default: 'test-integration/.cache/soak' },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  console.error('Say how long: npm run soak -- --minutes 5 [--report folder]')
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const isFlat = await soak({ minutes, folder: values.report, say: console.log })
console.log(isFlat ? 'All of it stayed flat.' : 'FAILED: not all of it stayed flat.')
process.exitCode = isFlat ? 0 : 1
