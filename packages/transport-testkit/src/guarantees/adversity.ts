import { keeps } from './guarantee.ts'

/** E40–E66: events through crashes, in order, and through faults of the broker. */
export const adversity = {
  E40: keeps('an event in the hands of a killed process reaches a survivor', [
    'event',
    'event.durable=across-processes',
    'event.lease',
    'harness.victims',
  ]),
  E41: keeps('all events that a killed process had fetched arrive elsewhere', [
    'event',
    'event.durable=across-processes',
    'event.lease',
    'harness.victims',
  ]),
  E42: keeps('fifty events through sixty workers in turn, every fifth killed: each handled, none pending', [
    'event',
    'event.durable',
    'event.lease',
    'harness.victims',
  ]),
  E43: keeps('a crash while reclaiming, dead-lettering or promoting a delayed event loses nothing', [
    'event',
    'event.durable',
    'event.lease',
    'event.dlq',
    'event.delay',
    'harness.victims',
  ]),
  E44: keeps('a process with the name of a dead one has what that one held at once', [
    'event',
    'event.stableNames',
    'event.lease',
    'harness.victims',
  ]),
  E45: keeps('cleaning never removes a consumer that still holds something', [
    'event',
    'event.groups',
    'event.lease',
    'harness.victims',
    'harness.inspect',
  ]),
  E46: keeps('reclaiming looks past young entries and over many pages', [
    'event',
    'event.lease',
    'harness.victims',
  ]),
  E47: keeps('what is held and not yet overdue stays with its holder', ['event', 'event.lease']),
  E50: keeps('one consumer hears events in the order of their sending', ['event', 'event.order'], 'smoke'),
  E51: keeps('events of one key are handled in order, whoever handles them', ['event', 'event.order=key']),
  E52: keeps('a failing event holds back its own key and no other', [
    'event',
    'event.order=key',
    'event.nack',
  ]),
  E53: keeps('the order holds over batches, restarts and reclaims', [
    'event',
    'event.order',
    'event.durable',
  ]),
  E60: keeps(
    'two restarts of the broker among many events lose none of those that were accepted',
    ['event', 'faults.restart'],
    'faults',
  ),
  E61: keeps(
    'a lost, refused or loading broker is found again, and the events go on',
    ['event', 'faults.cut', 'faults.refuse', 'faults.fail'],
    'faults',
  ),
  E62: keeps(
    'silence in either direction is noticed in bounded time, and the loop recovers',
    ['event', 'faults.silence'],
    'faults',
  ),
  E63: keeps(
    'sending while the broker is away rejects in bounded time with an error that may be retried',
    ['event', 'faults.refuse'],
    'faults',
  ),
  E64: keeps(
    'a wiped broker costs what was in it, says so, and the next event is delivered',
    ['event', 'faults.wipe'],
    'faults',
  ),
  E65: keeps(
    'out of memory and read-only are errors that may be retried, and the loop lives',
    ['event', 'faults.fail'],
    'faults',
  ),
  E66: keeps(
    'a failover to a stale replica may repeat events, and skips none',
    ['event', 'faults.failOver'],
    'faults',
  ),
} as const
