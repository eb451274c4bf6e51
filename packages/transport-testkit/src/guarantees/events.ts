import { keeps } from './guarantee.ts'

/** E1–E35: delivery, settling, failure and leases of events. */
export const events = {
  E1: keeps('an event arrives as it was sent', ['event'], 'smoke'),
  E2: keeps(
    'a listener hears what it listens for and nothing else, and nothing else stays pending',
    ['event'],
    'smoke',
  ),
  E3: keeps('fifty senders and fifty consumers at once: each event reaches one of them', ['event'], 'smoke'),
  E4: keeps(
    'each group gets every event, and inside a group one member does',
    ['event', 'event.groups'],
    'smoke',
  ),
  E5: keeps('a broadcast reaches every process once', ['event', 'event.broadcast']),
  E6: keeps('an event that nobody listens for is accepted, and kept', [
    'event',
    'event.durable',
    'event.replay',
  ]),
  E7: keeps('a group may be there before the first event', ['event'], 'smoke'),
  E8: keeps('a new group starts with new events, with the oldest, at a time or after an id', [
    'event',
    'event.replay',
  ]),
  E9: keeps('a restart never moves the position of a group', ['event', 'event.durable']),
  E10: keeps(
    'an idle group that waits for its first event survives the start and the cleaning of another service',
    ['event', 'event.groups'],
  ),
  E11: keeps('a reader without a group has no gap between its reads', ['event', 'event.broadcast']),
  E12: keeps('a batch is sent in order with an outcome for each event, and received within size and time', [
    'event',
    'event.batch',
  ]),
  E20: keeps(
    'acknowledging is final, also over a restart; doing so twice or for a strange receipt is harmless',
    ['event'],
    'smoke',
  ),
  E21: keeps(
    'what is given back is delivered again, also to another member',
    ['event', 'event.nack'],
    'smoke',
  ),
  E22: keeps('what is given back for later comes no sooner, and survives the death of whoever gave it back', [
    'event',
    'event.nack=delayed',
    'harness.victims',
  ]),
  E23: keeps('a failing handler is told of with its error, attempt, headers and native id', ['event']),
  E24: keeps('attempts are counted exactly over redelivery, members and restarts', [
    'event',
    'event.nack',
    'event.deliveryCount',
  ]),
  E25: keeps(
    'what a handler does to its message does not show when it is delivered again',
    ['event', 'event.nack'],
    'smoke',
  ),
  E26: keeps('what is given up is not delivered again', ['event', 'event.dlq'], 'smoke'),
  E27: keeps('what cannot be read is kept as a dead letter with its raw text, and the stream goes on', [
    'event',
    'event.dlq',
    'harness.injectRaw',
  ]),
  E28: keeps(
    'an event whose attempts are used up is one dead letter that says why, when, where and how often',
    ['event', 'event.nack', 'event.dlq'],
  ),
  E29: keeps(
    'a crash between keeping a dead letter and settling its event loses nothing and doubles nothing',
    ['event', 'event.dlq', 'faults.dropAfterWrite'],
    'faults',
  ),
  E30: keeps(
    'a redriven dead letter goes to its own group only, with the same id and attempts counted anew',
    ['event', 'event.dlq', 'event.groups'],
  ),
  E31: keeps('the settled part of a batch is not repeated after a crash', [
    'event',
    'event.batch',
    'event.lease',
    'harness.victims',
  ]),
  E32: keeps('a handler that takes longer than the lease is not overtaken while its process lives', [
    'event',
    'event.lease',
  ]),
  E33: keeps('what is fetched and not yet started is not delivered elsewhere while its process lives', [
    'event',
    'event.lease',
  ]),
  E34: keeps('a reclaimer never claims its own in-flight delivery', ['event', 'event.lease']),
  E35: keeps('who has lost a lease is told, and its late word changes nothing', [
    'event',
    'event.lease',
    'harness.victims',
  ]),
} as const
