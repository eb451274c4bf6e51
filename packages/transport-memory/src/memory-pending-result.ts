import { abortable, type PendingResult, type ResultMessage } from '@lightbus/core/transport'

/** A result that is on its way. It is freed by its arrival already: a second one finds nobody. */
export class MemoryPendingResult implements PendingResult {
  readonly returnPath: string
  readonly #free: () => void
  readonly #result: Promise<ResultMessage>
  #resolve!: (result: ResultMessage) => void
  #reject!: (error: Error) => void

  constructor(returnPath: string, free: () => void) {
    this.returnPath = returnPath
    this.#free = free
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Who never receives does not want to hear of a failure either.
    this.#result.catch(() => {})
  }

  async receive(signal?: AbortSignal): Promise<ResultMessage> {
    try {
      return await abortable(this.#result, signal)
    } finally {
      this.#free()
    }
  }

  abandon(): void {
    this.#free()
  }

  arrive(result: ResultMessage): void {
    this.#free()
    this.#resolve(result)
  }

  fail(error: Error): void {
    this.#free()
    this.#reject(error)
  }
}
