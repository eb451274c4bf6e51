import { Actor } from './actor.ts'

/** A wish of the parent: a method of the actor, with its argument. */
export interface Wish {
  readonly id: number
  readonly act: Exclude<keyof Actor, symbol>
  readonly about: unknown
}

export type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string })

const actor = new Actor(process.argv[2] ?? '')

process.on('message', async ({ id, act, about }: Wish) => {
  try {
    const value: unknown = await (actor[act] as (about: unknown) => unknown).call(actor, about)
    process.send?.({ id, value })
  } catch (error) {
    process.send?.({ id, error: (error as Error).stack ?? String(error) })
  }
})
// Whoever asks has gone, however it ended.
process.once('disconnect', () => process.exit())
