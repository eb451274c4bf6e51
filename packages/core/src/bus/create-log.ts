import pino from 'pino'
import pretty from 'pino-pretty'
import type { LogLevel } from '../config/config.ts'
import type { Log } from '../contracts/log.ts'

const levels = { debug: 'debug', info: 'info', warning: 'warn', error: 'error', critical: 'fatal' } as const

/** The bus' own log: to standard error, since standard output is the program's; for people at a terminal, as JSON elsewhere. */
export function createLog(level: LogLevel): Log {
  const options = { name: 'lightbus', level: levels[level] }
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }))
  return pino(
    options,
    pretty({ destination: 2, sync: true, ignore: 'pid,hostname,name', translateTime: 'HH:MM:ss.l' }),
  )
}
