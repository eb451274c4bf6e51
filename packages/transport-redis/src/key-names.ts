import type { EventAddress } from '@lightbus/core/transport'
import type { EventOptions } from './options.ts'

/** The names that Python Lightbus gives its keys, each behind the namespace; `rpcServers` and `deadLetters` are ours. */
export class KeyNames {
  private readonly namespace: string

  constructor(namespace: string) {
    this.namespace = namespace
  }

  stream(event: EventAddress, use: EventOptions['streamUse']): string {
    return `${this.namespace}${event.apiName}.${use === 'per_api' ? '*' : event.eventName}:stream`
  }

  rpcQueue(apiName: string): string {
    return `${this.namespace}${apiName}:rpc_queue`
  }

  /** Who serves the API: process by process, with the time until which it counts as alive. */
  rpcServers(apiName: string): string {
    return `${this.namespace}${apiName}:rpc_servers`
  }

  rpcExpiry(callId: string): string {
    return `${this.namespace}rpc_expiry_key:${callId}`
  }

  /** What a call with this idempotency key came to. */
  rpcOutcome(apiName: string, key: string): string {
    return `${this.namespace}lightbus:outcome:${JSON.stringify([apiName, key])}`
  }

  /** The calls that a server runs; whoever serves is in `rpcServers` under the name that follows. */
  rpcRunning(server: string): string {
    return `${this.namespace}lightbus:running:${server}`
  }

  /** The ids of calls that a server is to abort. */
  rpcCancelled(server: string): string {
    return `${this.rpcRunning(server)}:cancelled`
  }

  replies(secret: string): string {
    return `${this.namespace}lightbus:replies:${secret}`
  }

  schema(apiName: string): string {
    return `${this.namespace}schema:${apiName}`
  }

  schemas(): string {
    return `${this.namespace}schemas`
  }
}

/** What a group has given up of a stream. */
export function deadLetterStream(stream: string, group: string): string {
  return `${stream}:${group}:dead`
}

/** What a group was given back of its dead letters, for itself alone. */
export function redrivenStream(deadLetters: string): string {
  return deadLetters.replace(/dead$/, 'redriven')
}

/** What became of a group's events of a stream: how many of which fate, and how many losses nobody was told of yet. */
export function groupCounts(deadLetters: string): string {
  return deadLetters.replace(/dead$/, 'counts')
}

/** Which events of a stream a group hears; the others are not lost to it when they are trimmed away. */
export function heardEvents(stream: string, group: string): string {
  return `${stream}:${group}:hears`
}

/** Events that a group has given back for longer than a lease, with the time at which they are due. */
export function restingEvents(stream: string, group: string): string {
  return `${stream}:${group}:resting`
}

/** Events of a stream that wait for their time, in the order of it. */
export function delayedEvents(stream: string): string {
  return `${stream}:delayed`
}

/** Says that an event was sent a short while ago. */
export function sentRecord(stream: string, eventId: string): string {
  return `${stream}:sent:${eventId}`
}
