import type { Log } from '../contracts/log.ts'
import { isBusError } from '../errors/define-error.ts'
import type { Patience } from '../transports/transport-set.ts'
import { sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'

/** Acts again when a broker was away, and says so, for as long as there is patience. The act takes back itself what it could not finish. */
export async function patiently(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  what: string,
  { signal, giveUpAt }: Patience,
  act: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await act()
      return signal.throwIfAborted()
    } catch (error) {
      if (!isBusError(error) || !error.retriable || clock.now() >= giveUpAt) throw error
      log.warn({ code: error.code, attempt }, `${what} again. ${error.message}`)
    }
    await sleep(clock, backoffMs(attempt, pauses), signal)
  }
}

const pauses = { baseMs: 500, maxMs: 5_000 }
