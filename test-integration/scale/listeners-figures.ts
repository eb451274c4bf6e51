import type { Figure } from './figures.ts'

/** What is measured with many listeners in one process. */
export const listenersFigures = {
  opening: {
    name: 'start, by the listener',
    unit: 'ms',
    meaning:
      'From `start()` until no listener can miss anything any more, divided by the number of listeners.',
    expected: 'flat',
  },
  openingLongest: {
    name: 'longest command of the start',
    unit: 'ms',
    meaning: 'For how long one command or script kept everybody else waiting meanwhile (SLOWLOG).',
    expected: 'flat',
    floor: 10,
  },
  connections: {
    name: 'connections',
    unit: '',
    meaning: 'What the process keeps open to Redis.',
    expected: 3,
  },
  heap: {
    name: 'heap, by the listener',
    unit: 'kB',
    meaning:
      'What the heap has grown by since before the bus was made, without garbage, divided by the number of listeners.',
    expected: 'flat',
  },
  idle: {
    name: 'idle, commands',
    unit: 'per s',
    meaning:
      'What the process asks of the server while nothing happens: now and then it looks whether something was left, fifty listeners at a time.',
  },
  p50: {
    name: 'fire → handled, middle',
    unit: 'ms',
    meaning:
      'From just before an event is sent until the one listener that hears it has it, one event after the other. Half of them take no longer.',
    expected: 'flat',
  },
  p99: {
    name: 'fire → handled, 99 of 100',
    unit: 'ms',
    meaning: 'Likewise, for 99 of 100 events.',
    expected: 'flat',
    floor: 5,
  },
  rare: {
    name: 'fire → handled, now and then',
    unit: 'ms',
    meaning:
      'Likewise, for half of the events, where one is sent every 50 milliseconds. Redis takes the read that waits off each stream that it waits for, which takes it about a microsecond each, so this one grows a little.',
  },
  commands: {
    name: 'commands for an event',
    unit: '',
    meaning: 'What the server does for one event, with what scripts do: send, read, acknowledge.',
    expected: 'flat',
  },
  bytes: {
    name: 'bytes for an event',
    unit: '',
    meaning:
      'What the server is sent for it. The names of all streams are sent again for events that come now and then; where there are many, every ten milliseconds at most with a thousand listeners.',
  },
  longest: {
    name: 'longest command',
    unit: 'ms',
    meaning: 'For how long one command or script kept everybody else waiting meanwhile.',
    expected: 'flat',
    floor: 10,
  },
  perSecond: {
    name: 'handled',
    unit: 'per s',
    meaning: 'Events that are sent all at once to all listeners in turns, by the second.',
    expected: 'flat',
    isRate: true,
  },
  closing: {
    name: 'stop, by the listener',
    unit: 'ms',
    meaning: 'From `stop()` until all is closed, divided by the number of listeners.',
    expected: 'flat',
  },
  inScript: {
    name: 'commands in one script',
    unit: '',
    meaning: 'The most commands that one script gives, from start to stop (MONITOR).',
    expected: 500,
  },
} as const satisfies Readonly<Record<string, Figure>>

export type ListenersFigure = keyof typeof listenersFigures
