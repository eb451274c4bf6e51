import { keeps } from './guarantee.ts'

/** S: results. */
export const results = {
  S1: keeps(
    'a return path leads back, cannot be guessed, and is new for each instance of a process',
    ['result'],
    'smoke',
  ),
  S2: keeps('a result may come before or after somebody waits for it', ['result'], 'smoke'),
  S3: keeps('of two results for one call the first counts', ['result'], 'smoke'),
  S4: keeps('an unread result expires, and nothing is left after success, timeout or abort', [
    'result',
    'harness.inspect',
  ]),
  S5: keeps('a foreign or malformed return path is a typed error', ['result'], 'smoke'),
  S6: keeps('waiting, timing out and aborting free everything', ['result', 'harness.inspect']),
  S7: keeps('an error stays an error, with its code and trace', ['result'], 'smoke'),
  S8: keeps('a thousand waits share a bounded number of connections, in whatever order the results come', [
    'result',
    'harness.inspect',
  ]),
  S9: keeps(
    'a result that was sent while the connection was lost is delivered when it is back',
    ['result', 'faults.cut'],
    'faults',
  ),
  S10: keeps('a process does not get the results of a predecessor with its name', ['result']),
  S11: keeps('results of a megabyte and of binary data arrive', ['result']),
  S12: keeps('a stored result is never without its expiry', ['result', 'harness.inspect']),
} as const

/** C: schemas. */
export const schemas = {
  C1: keeps('schemas are loaded as they were stored, and none at first', ['schema'], 'smoke'),
  C2: keeps('a schema expires unless it is stored again, or is permanent', ['schema', 'schema.ttl'], 'smoke'),
  C3: keeps('an expired schema leaves nothing behind', ['schema', 'schema.ttl', 'harness.inspect']),
  C4: keeps('whoever stores at the same time, a schema is whole', ['schema'], 'smoke'),
  C5: keeps('two owners of different opinion are noticed, and treated as configured', ['schema']),
  C6: keeps('a change is seen within the refresh interval', ['schema']),
  C7: keeps('a corrupt schema is left out and told of, the others load', ['schema', 'harness.injectRaw']),
  C8: keeps('events, calls and results are checked going out and coming in, as configured', [
    'event',
    'rpc',
    'result',
    'schema',
  ]),
  C9: keeps('a change of a schema is told to be breaking or compatible', ['schema']),
  C10: keeps(
    'without the broker the last known schemas serve, or the start is refused, as configured',
    ['schema', 'faults.refuse'],
    'faults',
  ),
  C11: keeps('namespaces do not see each other’s schemas', ['schema'], 'smoke'),
} as const
