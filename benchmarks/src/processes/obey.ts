/** A wish of the parent: a method of the actor, with its argument. */
export interface Wish {
  readonly id: number
  readonly act: string
  readonly about: unknown
}

export type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string })

/** Lets the actor do what the parent wishes, and ends this process when the parent has gone. */
export function obey<A extends object>(coming: Promise<A>): void {
  process.on('message', ({ id, act, about }: Wish) => {
    void coming
      .then((actor) => (actor[act as keyof A] as (about: unknown) => unknown).call(actor, about))
      .then(
        (value) => answer({ id, value }),
        (error: Error) => answer({ id, error: error.stack ?? String(error) }),
      )
  })
  // Whoever asks has gone, however it ended.
  process.once('disconnect', () => process.exit())
}

function answer(answer: Answer): void {
  process.send?.(answer)
}
