import { keeps } from './guarantee.ts'

/** L: opening, closing, configuration and hygiene of all four kinds. */
export const lifecycle = {
  L1: keeps('close before open, twice and at once is harmless', [], 'smoke'),
  L2: keeps('close returns while something waits for messages', [], 'smoke'),
  L3: keeps('close returns while a handler never settles what it holds', [], 'smoke'),
  L4: keeps('a graceful stop lets running handlers finish, their signals not aborted', ['event']),
  L5: keeps(
    'a stop past its deadline aborts handlers, and neither settles their events nor asks the failure policy',
    ['event'],
  ),
  L6: keeps('what was closed may be opened again, and leaves no ghost behind', [], 'smoke'),
  L7: keeps('a subscription can be paused and resumed, and says which it is', ['event', 'event.pausable']),
  L8: keeps('a hundred times opened, used and closed, nothing is left', ['harness.inspect']),
  L9: keeps(
    'bad credentials, an unreachable host or a missing permission reject in bounded time with a typed error',
    ['harness.inspect', 'faults.refuseOpening'],
    'faults',
  ),
  L10: keeps('who only sends leaves no consumer behind', ['event', 'harness.inspect']),
  L11: keeps('any use after close rejects with a terminal error', [], 'smoke'),
  L12: keeps('errors say whether trying again helps', ['event', 'faults.fail'], 'faults'),
  L13: keeps('a client that the caller passed in is never closed', ['harness.ownClient']),
  L14: keeps('no secret is in an address, a log line or an error', ['event']),
  L15: keeps(
    'health tells up, down and recovered, never rejects, and notices a receive loop that is half dead',
    ['event', 'faults.refuse', 'faults.silence'],
    'faults',
  ),
  L16: keeps(
    'options from a configuration mean what they mean in code, unknown ones are refused, and each has an effect',
    ['harness.optionProofs'],
  ),
  L17: keeps('two namespaces of one broker never see each other'),
  L18: keeps('what the broker cannot do is found out when opening', ['faults.lack'], 'faults'),
  L19: keeps('a clean run leaves no rejection unhandled and logs nothing above info', ['event']),
} as const
