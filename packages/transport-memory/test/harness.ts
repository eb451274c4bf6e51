import { randomUUID } from 'node:crypto'
import { VirtualClock } from '@lightbus/core/testing'
import type { TransportKind, TransportOptions } from '@lightbus/core/transport'
import type { Faults, Harness, Undo, Wishes } from '@lightbus/transport-testkit'
import { createMemoryBroker, inspectBroker, transportModule, type MemoryBroker } from '../src/index.ts'
import { optionProofs } from './option-proofs.ts'

export { transportModule }

/** What the kit needs to prove the memory transport: everything can go wrong, and no time is lost. */
export const harness: Harness = {
  namespace: () => randomUUID(),
  options,
  clock: () => new VirtualClock(),
  patienceMs: 3_000,
  inspect: async (namespace) =>
    inspectBroker(namespace)?.inspect() ?? { connections: 0, keys: [], groups: [] },
  async injectRaw(namespace, place, raw) {
    const broker = brokerOf(namespace)
    if (place.kind === 'event') broker.events.inject(place, raw)
    else if (place.kind === 'rpc') broker.rpcs.inject(place.apiName, raw)
    else if (place.kind === 'result') broker.injectResult(place.returnPath, raw)
    else broker.injectSchema(place.apiName, raw)
  },
  async ownClient() {
    const broker = createMemoryBroker({ clock: new VirtualClock() })
    // Whoever closes a broker cancels its timers.
    const cancel = broker.timers.after(broker.clock, Number.MAX_SAFE_INTEGER, () => undefined)
    return {
      options: () => ({ broker }),
      isUsable: async () => broker.inspect().timers > 0,
      close: async () => cancel(),
    }
  },
  simulate: (namespace) => ({
    crash: (processName) => brokerOf(namespace).chaos.crash(processName),
    freeze: (processName) => brokerOf(namespace).chaos.freeze(processName),
    thaw: (processName) => brokerOf(namespace).chaos.thaw(processName),
  }),
  faults,
  optionProofs,
}

function options(kind: TransportKind, namespace: string, wishes: Wishes): TransportOptions {
  if (kind === 'schema') return { namespace }
  const size = wishes.maxBytes === undefined ? {} : { max_message_bytes: wishes.maxBytes }
  if (kind === 'rpc') return { namespace, ...size }
  if (kind === 'result') return { namespace, ...size, ...seconds('result_ttl', wishes.resultTtlMs) }
  return {
    namespace,
    ...size,
    ...seconds('acknowledgement_timeout', wishes.leaseMs),
    ...seconds('event_ttl', wishes.eventTtlMs),
    ...seconds('dedup_window', wishes.dedupWindowMs),
    ...length(wishes.maxLength),
    ...(wishes.retention === undefined ? {} : { retention: wishes.retention }),
  }
}

function seconds(name: string, ms: number | undefined): TransportOptions {
  return ms === undefined ? {} : { [name]: ms / 1_000 }
}

function length(max: number | undefined): TransportOptions {
  if (max === undefined) return {}
  return { max_stream_length: Number.isFinite(max) ? max : null }
}

function faults(namespace: string): Faults {
  const chaos = () => brokerOf(namespace).chaos
  return {
    cut: async () => chaos().cut(),
    refuse: async () => undo(chaos().refuse()),
    restart: async () => chaos().restart(),
    silence: async (direction) => undo(chaos().silence(direction)),
    dropAfterWrite: async () => chaos().dropNextReply(),
    fail: async (error) => undo(chaos().fail(error)),
    refuseOpening: async (why) => ({ undo: undo(chaos().refuseOpening(why)) }),
    lack: async () => undo(chaos().lack('groups')),
    wipe: async () => chaos().wipe(),
    failOver: async () => undo(chaos().checkpoint()),
    loseBody: async (nativeId) => brokerOf(namespace).events.loseBody(nativeId),
  }
}

function undo(end: () => void): Undo {
  return async () => end()
}

function brokerOf(namespace: string): MemoryBroker {
  const broker = inspectBroker(namespace)
  if (!broker) throw new Error(`No transport is open in the namespace ${namespace}.`)
  return broker
}
