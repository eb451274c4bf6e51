import { createBus } from '@lightbus/core'
import { shared } from '../apis.ts'

// A process of ours that takes events of the shared listener and never comes to an end with them.
const bus = createBus({ apis: [shared], processName: 'holding' })
bus.ts.shared.counted.listen(
  ({ n }) => {
    console.log(`taken ${n}`)
    return new Promise(() => undefined)
  },
  { listenerName: 'shared' },
)
await bus.start()
console.log('listening')
