import type { EventAddress } from '@lightbus/core/transport'
import type { EventOptions } from './options.ts'

/**
 * The names that Python Lightbus gives its keys, each behind the namespace, and ours beside them. With `tagged` names, keys that are used
 * together have the same word in braces, which keeps them in one slot of a Cluster.
 */
export class KeyNames {
  private readonly namespace: string
  private readonly isTagged: boolean

  constructor(namespace: string, names: 'lightbus' | 'tagged') {
    this.namespace = namespace
    this.isTagged = names === 'tagged'
  }

  stream(event: EventAddress, use: EventOptions['streamUse']): string {
    return this.name(`${this.of(event.apiName)}.${use === 'per_api' ? '*' : event.eventName}:stream`)
  }

  /** Where the members of a service's groups are told of what is not in the stream itself; one key for all streams where it may be. */
  bell(stream: string, serviceName: string): string {
    if (!this.isTagged) return this.name(`lightbus:bell:${serviceName}`)
    return `${stream.slice(0, stream.indexOf('}', this.namespace.length) + 1)}:lightbus:bell:${serviceName}`
  }

  rpcQueue(apiName: string): string {
    return this.name(`${this.of(apiName)}:rpc_queue`)
  }

  /** Calls that wait for servers of ours, which need not claim them. */
  directCalls(apiName: string): string {
    return this.name(`${this.of(apiName)}:lightbus:calls`)
  }

  /** Who serves the API: process by process, with the time until which it counts as alive. */
  rpcServers(apiName: string): string {
    return this.name(`${this.of(apiName)}:rpc_servers`)
  }

  rpcExpiry(apiName: string, callId: string): string {
    return this.name(`${this.besides(apiName)}rpc_expiry_key:${callId}`)
  }

  /** What a call with this idempotency key came to. */
  rpcOutcome(apiName: string, key: string): string {
    return this.name(`lightbus:outcome:${JSON.stringify([apiName, key])}`)
  }

  /** Whose a claim is. */
  claim(key: string): string {
    return this.name(`lightbus:claim:${key}`)
  }

  /** A text that is too large to travel. */
  payload(key: string): string {
    return this.name(`lightbus:payload:${key}`)
  }

  /** The calls to the API that a server runs, one key for all APIs where it may be; whoever serves is in `rpcServers` under the name that follows. */
  rpcRunning(apiName: string, server: string): string {
    return this.name(`${this.besides(apiName)}lightbus:running:${server}`)
  }

  /** The ids of calls that a server is to abort. */
  rpcCancelled(apiName: string, server: string): string {
    return `${this.rpcRunning(apiName, server)}:cancelled`
  }

  replies(secret: string): string {
    return this.name(`lightbus:replies:${this.isTagged ? `{${secret}}` : secret}`)
  }

  schema(apiName: string): string {
    return this.name(this.isTagged ? `{schemas}:${apiName}` : `schema:${apiName}`)
  }

  schemas(): string {
    return this.name(this.isTagged ? '{schemas}' : 'schemas')
  }

  /** Where a Python owner of the API would be seen; nobody ever writes it under tagged names, which Python does not know. */
  foreignSchema(apiName: string): string {
    return this.isTagged ? this.name(`${this.of(apiName)}:foreign`) : this.schema(apiName)
  }

  /** A name that nobody uses. */
  probe(): string {
    return this.name('lightbus:probe')
  }

  private name(rest: string): string {
    return `${this.namespace}${rest}`
  }

  private of(apiName: string): string {
    // A brace in the name would end the tag.
    return this.isTagged ? `{${apiName.replace(/[{}%]/g, encodeURIComponent)}}` : apiName
  }

  /** For what has a name of its own, and is used with the keys of the API. */
  private besides(apiName: string): string {
    return this.isTagged ? `${this.of(apiName)}:` : ''
  }
}

/** What a group has given up of a stream. */
export function deadLetterStream(stream: string, group: string): string {
  return `${stream}:${group}:dead`
}

/** The stream that a group has given up the letters of. */
export function originOf(deadLetters: string, group: string): string {
  return deadLetters.slice(0, -`:${group}:dead`.length)
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

/** Which consumers of a group of a stream have given a sign of life, with the time until which it counts. */
export function livingConsumers(stream: string, group: string): string {
  return `${stream}:${group}:alive`
}
