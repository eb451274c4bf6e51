/** What the report says of a case. */
export interface Chapter {
  readonly case: string
  readonly title: string
  readonly about: string
  /** Whether it is told at several sizes side by side, not subject by subject. */
  readonly isGrowth?: true
}

export const chapters: readonly Chapter[] = [
  {
    case: 'rpc-latency',
    title: 'A single call',
    about:
      'One process calls, another one answers with what it was sent, and the next call begins when the answer is there.',
  },
  {
    case: 'rpc',
    title: 'Calls, many at a time',
    about:
      'One process keeps so many calls in flight, another one answers with what it was sent; CPU is that of both processes for one call.',
  },
  {
    case: 'fire',
    title: 'Events fired',
    about:
      'One process fires, one event after the other, many at a time, or in bulk where the library can; an event counts when the library says that it is fired. Moleculer says so before Redis has it: its figures are of queueing, those of events handled are to be compared.',
  },
  {
    case: 'handle',
    title: 'Events handled',
    about:
      'Where events wait for their handler (backlog), one process handles and acknowledges what has been fired before, so many at a time; where they do not (live), it handles what is fired meanwhile as fast as it goes.',
  },
  {
    case: 'event-latency',
    title: 'From fire to handler',
    about:
      'One event after the other, from just before it is fired in one process until the handler in another one has it.',
  },
  {
    case: 'growth-listeners',
    title: 'More listeners',
    about:
      'What a handled event costs a process that has so many listeners, each of an API of its own, while events of one of them come.',
    isGrowth: true,
  },
  {
    case: 'growth-apis',
    title: 'More APIs',
    about: 'Calls to a process that serves so many APIs, which are called in turns, 100 in flight.',
    isGrowth: true,
  },
  {
    case: 'growth-pending',
    title: 'More pending events',
    about:
      'Events handled, ten at a time, while another process of the group holds so many of the same stream.',
    isGrowth: true,
  },
  {
    case: 'growth-payload',
    title: 'Larger payloads',
    about: 'Calls with so many bytes there and back, 100 in flight.',
    isGrowth: true,
  },
  {
    case: 'growth-workers',
    title: 'More workers',
    about:
      'Calls from one process, answered by so many others, whose procedure keeps the processor busy or waits.',
    isGrowth: true,
  },
  {
    case: 'idle',
    title: 'At rest',
    about:
      'What a process that serves and listens asks of Redis and keeps open while nothing happens, what calls that are not answered yet add to the heap of their caller, and how long a process takes until it serves.',
  },
  {
    case: 'validation',
    title: 'What validation costs',
    about:
      'CPU of both processes for one call, with every message checked and cast on both sides, and without that; the share is what that takes.',
  },
  {
    case: 'tracing',
    title: 'What tracing costs',
    about:
      'CPU of both processes for one call, with spans around the verbs and no SDK that takes them, and without spans; the share is what they take.',
  },
  {
    case: 'test-bus',
    title: 'The bus of a test',
    about:
      'How long a test takes that sets a bus up, calls once and takes it down, and how much such a bus handles.',
  },
]
