import type { Figure } from './figures.ts'

/** What is measured with dead letters that a listener has already. */
export const lettersFigures = {
  adding: {
    name: 'give up one',
    unit: 'ms',
    meaning: 'An event becomes a dead letter and is settled.',
    expected: 'flat',
  },
  first: {
    name: 'list the first hundred',
    unit: 'ms',
    meaning: 'From the question until a hundred letters were read.',
    expected: 'flat',
    floor: 2,
  },
  listing: {
    name: 'list all, by the thousand',
    unit: 'ms',
    meaning: 'All letters are read one after the other; the time for a thousand of them.',
    expected: 'flat',
    floor: 20,
  },
  listHeap: {
    name: 'list all, heap',
    unit: 'MB',
    meaning: 'By how much the heap has grown in the midst of that, without garbage.',
    expected: 'flat',
    floor: 5,
  },
  discarding: {
    name: 'discard one',
    unit: 'ms',
    meaning: 'A letter is deleted.',
    expected: 'flat',
  },
  redriving: {
    name: 'redrive all',
    unit: 'per s',
    meaning: 'All letters are given back to their listener one after the other, as fast as it goes.',
    expected: 'flat',
    isRate: true,
  },
  redriveHeap: {
    name: 'redrive all, heap',
    unit: 'MB',
    meaning: 'By how much the heap has grown in the midst of that, without garbage.',
    expected: 'flat',
    floor: 5,
  },
  standing: {
    name: 'standing after that',
    unit: 'ms',
    meaning: 'One question for lag, pending and counts of the listener, for which all of them wait now.',
    expected: 'flat',
    floor: 1,
  },
  longest: {
    name: 'longest command',
    unit: 'ms',
    meaning: 'For how long one command or script kept everybody else waiting in all of this (SLOWLOG).',
    expected: 'flat',
    floor: 10,
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

export type LettersFigure = keyof typeof lettersFigures
