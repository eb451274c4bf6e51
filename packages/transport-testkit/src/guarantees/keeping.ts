import { keeps } from './guarantee.ts'

/** E70–E93: retention, history, limits, flow, what can be observed of events, and what is kept beside them. */
export const keeping = {
  E70: keeps(
    'safe retention removes nothing unfinished, lossy retention counts what it drops for each group',
    ['event', 'event.retention'],
  ),
  E71: keeps(
    'a pending event whose body is gone is told of once and settled, and the loop goes on',
    ['event', 'faults.loseBody'],
    'faults',
  ),
  E72: keeps('without a limit nothing is trimmed', ['event', 'event.history']),
  E73: keeps(
    'history has ranges, both ends in or out, both directions, any number of events in one millisecond, and no effect',
    ['event', 'event.history'],
  ),
  E74: keeps('lag is right without stream or group, with none, some and pending events', [
    'event',
    'event.lag',
  ]),
  E75: keeps(
    'payloads of nothing, of a megabyte, at the limit and above it, binary, deep and with hostile names',
    ['event'],
  ),
  E76: keeps(
    'what has expired is not delivered, what nearly has is, and the word of the sender beats the setting',
    ['event', 'event.ttl'],
  ),
  E77: keeps('an event sent for later comes no sooner, once, and outlives its sender', [
    'event',
    'event.delay',
    'harness.victims',
  ]),
  E78: keeps('an event that is sent twice within the window is stored once', ['event', 'event.dedup']),
  E80: keeps('no more is held than the prefetch allows while it goes up and down, and all is handled', [
    'event',
  ]),
  E81: keeps('no more is held than the prefetch allows', ['event'], 'smoke'),
  E82: keeps('a slow group slows no other, and a busy API starves no quiet one', ['event', 'event.groups']),
  E83: keeps('an aborted subscription that is closed leaves its events to others', ['event'], 'smoke'),
  E84: keeps('subscribing and closing at once, a thousand times, loses nothing and throws nothing', [
    'event',
  ]),
  E90: keeps('ids, headers and trace context survive retry, dead letter and redrive', [
    'event',
    'event.nack',
    'event.dlq',
  ]),
  E91: keeps('sent is handled plus dead plus expired plus trimmed plus unfinished, by the counts alone', [
    'event',
    'event.counts',
    'event.ttl',
    'event.dlq',
  ]),
  E92: keeps('a claim has one owner at a time, until its time is over or it is given up', [
    'event',
    'event.claims',
  ]),
  E93: keeps('a payload that is kept comes back as it was, until its time is over', [
    'event',
    'event.payloads',
  ]),
} as const
