import type { DeadLetterReason, EventAddress, Settled } from '@lightbus/core/transport'

/** A process that can be killed in the middle of its work: simulated in this one, or a child process. */
export interface Victim {
  /** Becomes a member of the group. Once it resolves nothing is missed. */
  listen(request: VictimRequest): Promise<void>
  /** Waits for so many deliveries and holds them. */
  take(count: number): Promise<readonly Taken[]>
  /** Says what is to become of an event that it holds, by the event's id. */
  settle(id: string, how: Settlement): Promise<Settled>
  /** Whether it was told that somebody else has the event it held. */
  isLost(id: string): Promise<boolean>
  /** Sends an event that is due later. */
  sendLater(event: EventAddress & { readonly id: string }, delayMs: number): Promise<void>
  /** Serves an API: takes calls, and answers each but those of the procedure `hang`. */
  serve(apiName: string, concurrency: number): Promise<void>
  /** Waits until it has taken so many calls of the procedure `hang`. */
  hanging(count: number): Promise<void>
  /** Does nothing any more and does not know. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Is gone without a word. */
  kill(): Promise<void>
  /** Ends in order. */
  close(): Promise<void>
}

export interface VictimRequest {
  readonly listenerName: string
  readonly events: readonly EventAddress[]
  readonly prefetch: number
}

export interface Taken {
  readonly id: string
  readonly attempt: number
}

export type Settlement =
  | { readonly type: 'acknowledge' }
  | { readonly type: 'give-back'; readonly delayMs: number }
  | { readonly type: 'dead-letter'; readonly reason: DeadLetterReason }
