import type { BusError } from '../errors/define-error.ts'
import type { PlainValue } from '../messages/plain-values.ts'
import type { RpcMessage } from '../messages/rpc-message.ts'
import type { Transport } from './transport.ts'

/** What an RPC transport can do. */
export interface RpcFeatures {
  /** `send` knows whether anybody serves the API. */
  readonly presence?: boolean
  /** `cancel` reaches a handler that runs already, in whichever process (R13, R14). */
  readonly deadline?: boolean
  /** A call with an idempotency key gives the result that the first one gave: `outcomes` (R29). */
  readonly idempotency?: boolean
}

/**
 * Carries calls to one of the processes that serve the API, as they were sent (R3, R30), each executed at most once (R1, R16),
 * however many callers and servers (R2) over however few connections (R26). Restarts and silence of the broker cost single
 * calls (R17, R21, R22).
 *
 * The bus sees to the rest with any transport: what procedures throw (R5), when a caller gives up (R8), which procedures there are and
 * how many run at a time (R27, R28).
 */
export interface RpcTransport extends Transport {
  readonly features: RpcFeatures
  /**
   * Puts the call where its servers take it from. It is never executed after `timeoutMs`, by the broker's clock (R9–R12).
   * Resolves when the broker has it, with who serves the API; `none` and `unsure` queue the call all the same (R20).
   * After an uncertain write the call is not sent again (R16).
   */
  send(call: RpcMessage, options: { readonly timeoutMs: number }): Promise<Servers>
  /** The caller has gone: a call that waits is not executed any more (R14). Harmless at any time. */
  cancel(call: RpcMessage): Promise<void>
  /** Gets ready to serve: once it resolves the process counts as a server of these APIs, until the consumer closes. */
  consume(request: ConsumeRequest): Promise<RpcConsumer>
  /** Present where `idempotency` is declared. */
  readonly outcomes?: OutcomeStore
}

/** What became of calls with an idempotency key, shared by all servers of an API (R29). */
export interface OutcomeStore {
  /**
   * The first to claim a key executes (`mine`), until it records the outcome, releases the key, or `ttlMs` is over. Everybody
   * else is told that it is `running`, or how it came out.
   */
  claim(
    apiName: string,
    key: string,
    options: { readonly ttlMs: number },
  ): Promise<'mine' | 'running' | PlainOutcome>
  record(apiName: string, key: string, value: PlainValue, options: { readonly ttlMs: number }): Promise<void>
  /** The call failed: the next one with this key is executed. */
  release(apiName: string, key: string): Promise<void>
}

export interface PlainOutcome {
  readonly value: PlainValue
}

/** Whether a living process serves an API; `unsure` when the transport cannot know. */
export type Servers = 'some' | 'none' | 'unsure'

export interface ConsumeRequest {
  /** Of this transport; a process may serve others over another one (R4). */
  readonly apiNames: readonly string[]
  /** How many calls may be held, that is taken and not done. Read before each fetch. A busy API does not starve another (R25). */
  readonly prefetch: () => number
}

export interface RpcConsumer {
  /**
   * The calls, claimed for this process, to be executed at once: no other process will. When the signal aborts no further
   * call is claimed, those claimed already are still handed out, and what was only fetched goes back (R18, R19).
   */
  calls(signal: AbortSignal): AsyncIterable<RpcDelivery>
  /** The prefetch may have grown: takes what there is room for (R24). */
  refresh(): void
  /** The process no longer counts as a server. Idempotent. */
  close(): Promise<void>
}

/** A call to execute, or one that cannot be read, with as much of it as is needed to answer (R6, R7). */
export type RpcDelivery = {
  /** To be called when the call is done with: makes room for another. */
  done(): void
} & (
  | {
      readonly call: RpcMessage
      /** What is left of the caller's deadline, judged by the broker's clock. */
      readonly remainingMs: number
      /** Aborts when the caller cancels. Only where `deadline` is declared. */
      readonly cancelled?: AbortSignal
      readonly undecodable?: undefined
    }
  | {
      readonly call?: undefined
      readonly undecodable: BusError
      readonly answer?: { readonly callId: string; readonly returnPath: string }
    }
)
