import type { ResultMessage } from '../messages/result-message.ts'
import type { UnaddressedCall } from '../messages/rpc-message.ts'
import type { Transport } from './transport.ts'

/**
 * Carries results back to the process that called, errors as errors (S7), of any size (S11), many at a time over one
 * connection (S8), and those that were sent while it was lost (S9).
 */
export interface ResultTransport extends Transport {
  /** Gets ready for the result of a call, at once where it is ready for all: whatever is sent to the return path from then on is received (S2). */
  expect(call: UnaddressedCall): Promise<PendingResult> | PendingResult
  /**
   * Sends a result to where its caller waits; it expires unread (S4, S12). A path of another kind of transport rejects with
   * `BUS_RESULT_PATH_FOREIGN` (S5).
   */
  send(result: ResultMessage, returnPath: string): Promise<void>
}

/** A result that is on its way. */
export interface PendingResult {
  /** Unguessable, and no longer good once the process has gone (S1, S10). */
  readonly returnPath: string
  /**
   * The first result for the call (S3), or a rejection with the signal's reason; a late result is discarded (R15). Frees
   * everything either way (S6). A reply that cannot be read rejects at once; a return path that the broker has lost rejects
   * with `BUS_RESULT_PATH_LOST` (R23). Without a signal it waits until it is abandoned, and need not settle then.
   */
  receive(signal?: AbortSignal): Promise<ResultMessage>
  /** Frees everything when the result is no longer wanted. Idempotent. */
  abandon(): void
}
