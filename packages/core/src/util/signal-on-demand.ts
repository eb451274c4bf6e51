import { linkedSignal, type LinkedSignal } from './linked-signal.ts'

/**
 * A signal that is made when somebody asks for it. Most handlers never do, and a signal that follows others costs more than all else that is
 * done about a message.
 */
export class SignalOnDemand {
  readonly #make: () => LinkedSignal
  #made: LinkedSignal | undefined
  #isReleased = false

  constructor(make: () => LinkedSignal) {
    this.#make = make
  }

  /** The same one each time; made after the release, it follows nothing any more. */
  get signal(): AbortSignal {
    this.#made ??= this.#isReleased ? linkedSignal([]) : this.#make()
    return this.#made.signal
  }

  /** Lets go of what it follows. From then on it aborts no more. */
  release(): void {
    this.#isReleased = true
    this.#made?.release()
  }
}
