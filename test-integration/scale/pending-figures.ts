import type { Figure } from './figures.ts'

/** What is measured beside entries that are pending. */
export const pendingFigures = {
  opening: {
    name: 'start',
    unit: 'ms',
    meaning: 'From `start()` of a bus with one listener until nothing can be missed any more.',
    expected: 'flat',
    floor: 20,
  },
  p50: {
    name: 'fire → handled, middle',
    unit: 'ms',
    meaning:
      'From just before an event is fired until its handler has it, one event after the other. Half of them take no longer.',
    expected: 'flat',
  },
  p99: {
    name: 'fire → handled, 99 of 100',
    unit: 'ms',
    meaning: 'Likewise, for 99 of 100 events.',
    expected: 'flat',
    floor: 5,
  },
  keyed: {
    name: 'fire → handled with a key, middle',
    unit: 'ms',
    meaning: 'Likewise, for events that have a key.',
    expected: 'flat',
  },
  firstKeyed: {
    name: 'fire → handled, the first with a key',
    unit: 'ms',
    meaning:
      'The first event with a key that the group ever hears. Before it comes all that is pending has to be looked through for its key, in pages and each entry once; here, and usually, a sweep has done that before.',
  },
  perSecond: {
    name: 'handled',
    unit: 'per s',
    meaning: 'Events that are fired all at once and handled ten at a time, by the second.',
    expected: 'flat',
    isRate: true,
  },
  commands: {
    name: 'commands for an event',
    unit: '',
    meaning:
      'What the server does for one event, with what scripts do: fire, read, acknowledge, trim, and what sweeps ask meanwhile.',
  },
  longest: {
    name: 'longest command',
    unit: 'ms',
    meaning:
      'For how long one command or script kept everybody else waiting while these events went through (SLOWLOG).',
    expected: 'flat',
    floor: 10,
  },
  heap: {
    name: 'heap',
    unit: 'MB',
    meaning: 'What the heap of the process has grown by since before the bus was made, without garbage.',
    expected: 'flat',
    floor: 5,
  },
  firing: {
    name: 'fire, with trims',
    unit: 'ms',
    meaning:
      'One event fired into a stream that is to keep 1,000 and may drop nothing that is pending; every hundredth tries to trim.',
    expected: 'flat',
  },
  trimLongest: {
    name: 'longest command, with trims',
    unit: 'ms',
    meaning: 'For how long one command or script kept everybody else waiting meanwhile.',
    expected: 'flat',
    floor: 10,
  },
  standing: {
    name: 'standing',
    unit: 'ms',
    meaning: 'One question for lag, pending and counts of the listener.',
    expected: 'flat',
  },
  sweep: {
    name: 'sweep',
    unit: 'ms',
    meaning:
      'One look of an idle process at all that is pending, from the first page to the last. It grows with what there is to look at; new events pass it.',
  },
  perPage: {
    name: 'sweep, by the page',
    unit: 'ms',
    meaning: 'The same by the page, with the pauses that leave most of the time to what is new.',
    expected: 'flat',
    floor: 2,
  },
  page: {
    name: 'entries in a page',
    unit: '',
    meaning: 'How many entries one page asks for.',
    expected: 100,
  },
  pages: { name: 'pages of a sweep', unit: '', meaning: 'How many pages that took.' },
  closing: {
    name: 'stop',
    unit: 'ms',
    meaning: 'From `stop()` until all is closed.',
    expected: 'flat',
    floor: 20,
  },
  deadP50: {
    name: 'dead holder: fire → handled, middle',
    unit: 'ms',
    meaning:
      'The process that held them is dead, and they are being taken over: a new event in between, from fired to handled.',
    expected: 'flat',
  },
  deadPerSecond: {
    name: 'dead holder: taken over',
    unit: 'per s',
    meaning: 'Entries of the dead process that are taken over and handled, by the second.',
    expected: 'flat',
    isRate: true,
  },
  deadLongest: {
    name: 'dead holder: longest command',
    unit: 'ms',
    meaning: 'For how long one command or script kept everybody else waiting meanwhile.',
    expected: 'flat',
    floor: 10,
  },
  deadHeap: {
    name: 'dead holder: heap',
    unit: 'MB',
    meaning: 'What the heap has grown by meanwhile, without garbage.',
    expected: 'flat',
    floor: 5,
  },
  entries: {
    name: 'entries asked for at once',
    unit: '',
    meaning: 'The most entries that one command names or asks for, inside scripts too (MONITOR).',
    expected: 100,
  },
  inScript: {
    name: 'commands in one script',
    unit: '',
    meaning: 'The most commands that one script gives.',
    expected: 500,
  },
  unbounded: {
    name: 'commands without a limit',
    unit: '',
    meaning:
      'Kinds of commands whose work grows with what is there, and nothing limits it. What grows with the number of processes and APIs does not count.',
    expected: 0,
  },
} as const satisfies Readonly<Record<string, Figure>>

export type PendingFigure = keyof typeof pendingFigures
