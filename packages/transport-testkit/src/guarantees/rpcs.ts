import { keeps } from './guarantee.ts'

/** R: calls. */
export const rpcs = {
  R1: keeps('of many servers one executes a call', ['rpc', 'result'], 'smoke'),
  R2: keeps('a hundred clients and ten servers at once: every call is answered', ['rpc', 'result'], 'smoke'),
  R3: keeps(
    'parameters, results and headers arrive as they were sent, none and null included',
    ['rpc', 'result'],
    'smoke',
  ),
  R4: keeps('one server serves several APIs over two brokers', ['rpc', 'result']),
  R5: keeps('a failure arrives with its type, message, code, data and bounded trace, whatever was thrown', [
    'rpc',
    'result',
  ]),
  R6: keeps('an unknown procedure, invalid parameters and an unreadable call are answered at once', [
    'rpc',
    'result',
    'harness.injectRaw',
  ]),
  R7: keeps('a malformed call leaves the server up, and the next one is served', [
    'rpc',
    'result',
    'harness.injectRaw',
  ]),
  R8: keeps('a call times out when it should, with an error that names it and the time waited', [
    'rpc',
    'result',
  ]),
  R9: keeps('a call whose time is over is not executed', ['rpc', 'result'], 'smoke'),
  R10: keeps('the timeout of the call decides, not a setting of the transport', ['rpc', 'result']),
  R11: keeps('no server sees a call without its deadline', ['rpc', 'result']),
  R12: keeps('the clock of the broker decides, however wrong those of caller and server are', [
    'rpc',
    'result',
  ]),
  R13: keeps('the deadline and its abort reach the handler', ['rpc', 'result', 'rpc.deadline']),
  R14: keeps('a caller that aborts frees everything, and a late reply is dropped', ['rpc', 'result']),
  R15: keeps('a late or foreign reply never answers another call', ['rpc', 'result']),
  R16: keeps(
    'a connection lost after the call was taken never has it executed twice',
    ['rpc', 'result', 'faults.dropAfterWrite'],
    'faults',
  ),
  R17: keeps('a server killed in five of a hundred calls: these time out, all others are answered', [
    'rpc',
    'result',
    'harness.victims',
  ]),
  R18: keeps(
    'a stopping server answers what it has, takes nothing new, and leaves the rest to others',
    ['rpc', 'result'],
    'smoke',
  ),
  R19: keeps('stopping an idle server never swallows a call that arrives at that moment', ['rpc', 'result']),
  R20: keeps('a call that is queued before its server starts is served', ['rpc', 'result'], 'smoke'),
  R21: keeps(
    'a restart of the broker while caller and server wait costs neither of them the next call',
    ['rpc', 'result', 'faults.restart'],
    'faults',
  ),
  R22: keeps(
    'silence at each of the four places of a call ends in an answer or a typed error',
    ['rpc', 'result', 'faults.silence'],
    'faults',
  ),
  R23: keeps('calls whose return path is lost fail at once', ['rpc', 'result', 'faults.wipe'], 'faults'),
  R24: keeps('calls beyond the concurrency of a server or a procedure wait, or are refused as busy', [
    'rpc',
    'result',
  ]),
  R25: keeps('a busy API starves no other that the same process serves', ['rpc', 'result']),
  R26: keeps('ten thousand calls in flight take a bounded number of connections', [
    'rpc',
    'result',
    'harness.inspect',
  ]),
  R27: keeps('a slow procedure blocks no fast one', ['rpc', 'result']),
  R28: keeps('nested calls and calls to oneself do not deadlock at concurrency 1', ['rpc', 'result']),
  R29: keeps('a call repeated with its idempotency key gives the first result', [
    'rpc',
    'result',
    'rpc.idempotency',
  ]),
  R30: keeps('trace context reaches the handler, and comes back with the result', ['rpc', 'result']),
} as const
