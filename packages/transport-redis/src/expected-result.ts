import { abortable, type PendingResult, type ResultMessage } from '@lightbus/core/transport'

type Outcome = { readonly result: ResultMessage } | { readonly error: Error }

/** A result that is on its way. It may be there, or be known never to come, before anybody receives it. */
export class ExpectedResult implements PendingResult {
  readonly returnPath: string
  readonly #waiting: Map<string, ExpectedResult>
  readonly #callId: string
  #outcome: Outcome | undefined
  #settle: ((outcome: Outcome) => void) | undefined

  /** Is among those that are waited for from now on. */
  constructor(waiting: Map<string, ExpectedResult>, callId: string, returnPath: string) {
    this.returnPath = returnPath
    this.#waiting = waiting
    this.#callId = callId
    waiting.set(callId, this)
  }

  receive(signal?: AbortSignal): Promise<ResultMessage> {
    const received = new Promise<ResultMessage>((resolve, reject) => {
      this.#settle = (outcome) => ('result' in outcome ? resolve(outcome.result) : reject(outcome.error))
      if (this.#outcome) this.#settle(this.#outcome)
    })
    return signal ? abortable(received, signal).finally(() => this.abandon()) : received
  }

  abandon(): void {
    if (this.#waiting.get(this.#callId) === this) this.#waiting.delete(this.#callId)
  }

  resolve(result: ResultMessage): void {
    this.#end({ result })
  }

  reject(error: Error): void {
    this.#end({ error })
  }

  // Of several the first one counts.
  #end(outcome: Outcome): void {
    this.#outcome ??= outcome
    this.#settle?.(this.#outcome)
  }
}
