import type { RpcMessage } from '@lightbus/core/transport'
import type { Connections } from './connections.ts'
import type { KeyNames } from './key-names.ts'
import type { Unreadable } from './message-blobs.ts'
import type { RpcOptions } from './options.ts'

/** What takes calls of one API, and whom it gives them to. */
export interface IntakeParts {
  readonly redis: Connections
  readonly keys: KeyNames
  readonly apiName: string
  /** Under which name this process serves. */
  readonly member: string
  readonly waitReplicas: RpcOptions['waitReplicas']
  /** How many more calls may come, none where they are not wanted any more; those that come all the same go back. */
  readonly room: () => number
  /** Given a call that is ours to execute. */
  readonly hand: (call: RpcMessage, remainingMs: number, seenAt?: string) => void
  readonly refuse: (call: Unreadable) => void
  readonly lost: (count: number, error: unknown) => void
  /** Told when calls that were taken are ours, or nobody's. */
  readonly claimed: () => void
}
