import type { BusVerbs } from '../bus/bus.ts'
import type { TaskHandler } from '../worker/task.ts'
import type { Witness } from './witness.ts'

/** Lets the witness see the runs of the tasks that come at their times; a background task runs for ever, and nobody waits for it. */
export function followTasks(bus: BusVerbs, witness: Witness): void {
  const followed = (task: TaskHandler): TaskHandler => {
    const { name } = task
    const run: TaskHandler = (context) =>
      witness.follow(`the task ${name || '(without a name)'}`, async () => task(context))
    // A task is known by the name of its function.
    return Object.defineProperty(run, 'name', { value: name })
  }
  const every = bus.every.bind(bus)
  const schedule = bus.schedule.bind(bus)
  bus.every = (interval, task, options) => every(interval, followed(task), options)
  bus.schedule = (pattern, task, options) => schedule(pattern, followed(task), options)
}
