import type { TransportKind, TransportOptions } from '@lightbus/core/transport'
import type { Wishes } from '@lightbus/transport-testkit'

/** The options with which the kit runs, but for those that say where Redis is. */
export function kitOptions(kind: TransportKind, namespace: string, wishes: Wishes): TransportOptions {
  if (kind === 'schema') return { namespace }
  const message = {
    namespace,
    ...(wishes.maxBytes === undefined ? {} : { max_message_bytes: wishes.maxBytes }),
  }
  if (kind === 'rpc') return message
  if (kind === 'result') return { ...message, ...seconds('result_ttl', wishes.resultTtlMs) }
  return {
    ...message,
    // Small, so that there is more than one page of everything.
    reclaim_batch_size: 25,
    reclaim_interval: 0.2,
    consumption_restart_delay: 0.2,
    ...seconds('acknowledgement_timeout', wishes.leaseMs),
    ...seconds('event_ttl', wishes.eventTtlMs),
    ...seconds('dedup_window', wishes.dedupWindowMs),
    ...length(wishes.maxLength),
    ...(wishes.retention === undefined ? {} : { retention: wishes.retention }),
  }
}

/** The part of a url that names the connections: the namespace, by which they are known. */
export function connectionName(namespace: string): string {
  return `?connectionName=${encodeURIComponent(namespace)}`
}

function seconds(name: string, ms: number | undefined): TransportOptions {
  return ms === undefined ? {} : { [name]: ms / 1_000 }
}

function length(events: number | undefined): TransportOptions {
  return events === undefined ? {} : { max_stream_length: events === Infinity ? null : events }
}
