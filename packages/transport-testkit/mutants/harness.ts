import { randomUUID } from 'node:crypto'
import { VirtualClock } from '@lightbus/core/testing'
import type { TransportKind, TransportOptions } from '@lightbus/core/transport'
import { inspectBroker, type MemoryBroker } from '@lightbus/transport-memory'
import type { Faults, Harness, Undo, Wishes } from '../src/index.ts'

/** What the kit needs to judge a mutant. It is not patient, since a mutant may never do what is waited for. */
export const harness: Harness = {
  namespace: () => randomUUID(),
  options,
  clock: () => new VirtualClock(),
  patienceMs: 400,
  inspect: async (namespace) =>
    inspectBroker(namespace)?.inspect() ?? { connections: 0, keys: [], groups: [] },
  async injectRaw(namespace, place, raw) {
    const broker = brokerOf(namespace)
    if (place.kind === 'event') broker.events.inject(place, raw)
    else if (place.kind === 'rpc') broker.rpcs.inject(place.apiName, raw)
    else if (place.kind === 'result') broker.injectResult(place.returnPath, raw)
    else broker.injectSchema(place.apiName, raw)
  },
  simulate: (namespace) => ({
    crash: (processName) => brokerOf(namespace).chaos.crash(processName),
    freeze: (processName) => brokerOf(namespace).chaos.freeze(processName),
    thaw: (processName) => brokerOf(namespace).chaos.thaw(processName),
  }),
  faults,
}

function options(kind: TransportKind, namespace: string, wishes: Wishes): TransportOptions {
  const wished = { event: eventOptions, rpc: size, result: resultOptions, schema: () => ({}) }[kind](wishes)
  const given = Object.entries(wished).filter(([, value]) => value !== undefined)
  return { namespace, ...Object.fromEntries(given) }
}

function eventOptions(wishes: Wishes): TransportOptions {
  return {
    acknowledgement_timeout: inSeconds(wishes.leaseMs),
    event_ttl: inSeconds(wishes.eventTtlMs),
    dedup_window: inSeconds(wishes.dedupWindowMs),
    ...size(wishes),
    max_stream_length: wishes.maxLength === Infinity ? null : wishes.maxLength,
    retention: wishes.retention,
  }
}

function resultOptions(wishes: Wishes): TransportOptions {
  return { result_ttl: inSeconds(wishes.resultTtlMs), ...size(wishes) }
}

function size({ maxBytes }: Wishes): TransportOptions {
  return { max_message_bytes: maxBytes }
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}

function faults(namespace: string): Faults {
  const chaos = (): MemoryBroker['chaos'] => brokerOf(namespace).chaos
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
