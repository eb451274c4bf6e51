import { defineApi, event, procedure } from '@lightbus/core'
import { z } from 'zod'

const user = z.object({
  name: z.string(),
  address: z.object({ street: z.string(), zip: z.string().nullable().optional() }),
})

/** A parameter for each type of value that Python knows, as it is on the wire. */
export const values = defineApi('ts.values', {
  events: {
    everything: event({
      text: z.string(),
      whole: z.int(),
      beyond: z.string(),
      fraction: z.number(),
      whole_float: z.number(),
      flag: z.boolean(),
      nothing: z.string().nullable(),
      moment: z.string(),
      zoned: z.string(),
      day: z.string(),
      price: z.string(),
      raw: z.string(),
      number: z.string(),
      colour: z.enum(['red', 'blue']),
      pair: z.tuple([z.string(), z.int()]),
      names: z.array(z.string()),
      unique: z.array(z.string()),
      scores: z.record(z.string(), z.int()),
      address: user.shape.address,
      user,
      money: z.string(),
      anything: z.unknown(),
    }),
  },
})

export const sums = defineApi('ts.sums', {
  events: { added: event({ sum: z.int() }, { version: 3 }) },
  procedures: {
    add: procedure({ a: z.int(), b: z.int().default(2) }, z.int()),
    fail: procedure({ message: z.string() }, z.null()),
    get_user: procedure({ user }, user),
  },
})

export const slow = defineApi('ts.slow', { procedures: { wait: procedure({}, z.null()) } })

/** Its result is not what its schema says. */
export const lies = defineApi('ts.lies', { procedures: { lie: procedure({}, z.int()) } })

/** One stream for each event, as the file says. */
export const tally = defineApi('ts.tally', { events: { counted: event({ n: z.int() }) } })

/** What a Python and a TypeScript process share the work of. */
export const shared = defineApi('ts.shared', { events: { counted: event({ n: z.int() }) } })

/** What makes the listener of Python fail: told to go on, and told to do so in a way that has no effect. */
export const forgiven = defineApi('ts.forgiven', { events: { counted: event({ n: z.int() }) } })
export const fatal = defineApi('ts.fatal', { events: { counted: event({ n: z.int() }) } })
