import type { BrokerError } from '@lightbus/transport-testkit'

/** The errors that are answers of Redis; the others are none. */
export type ErrorReply = Exclude<BrokerError, 'reset' | 'refused'> | 'permission' | 'password'

const ofKeys = {
  'out-of-memory': "OOM command not allowed when used memory > 'maxmemory'.",
  'read-only': "READONLY You can't write against a read only replica.",
  'wrong-type': 'WRONGTYPE Operation against a key holding the wrong kind of value',
} as const

// What is about no key: Redis answers it also when it is out of memory, a replica or still loading.
const unconcerned = new Set([
  'AUTH',
  'CLIENT',
  'CLUSTER',
  'HELLO',
  'INFO',
  'PING',
  'READONLY',
  'SELECT',
  'SENTINEL',
])

/** How Redis answers a request while this is wrong with it; undefined when it does as it is asked. */
export function errorReply(error: ErrorReply, [name = '', sha = '']: readonly string[]): string | undefined {
  const command = name.toUpperCase()
  if (error === 'credentials') return command === 'AUTH' ? undefined : '-NOAUTH Authentication required.\r\n'
  if (error === 'password') return command === 'AUTH' ? '-ERR invalid password\r\n' : undefined
  if (error === 'permission')
    return `-NOPERM this user has no permissions to run the '${command.toLowerCase()}' command\r\n`
  if (unconcerned.has(command) && (error !== 'loading' || command !== 'PING')) return undefined
  if (error === 'loading') return '-LOADING Redis is loading the dataset in memory\r\n'
  // As servers before 7 say it of what happens in a script; later ones say it as they do elsewhere.
  if (command === 'EVAL' || command === 'EVALSHA')
    return `-ERR Error running script (call to f_${sha}): @user_script:4: @user_script: 4: -${ofKeys[error]} \r\n`
  return `-${ofKeys[error]}\r\n`
}

const reader =
  /^(BLPOP|CONFIG|EXISTS|GET|MGET|PTTL|SMEMBERS|TIME|XINFO|XLEN|XPENDING|X(REV)?RANGE|XREAD(GROUP)?)$/

/** Whether a request changes something beyond what it takes. */
export function isWrite([name = '']: readonly string[]): boolean {
  const command = name.toUpperCase()
  return !unconcerned.has(command) && !reader.test(command)
}
