import { cpus, release, totalmem, type } from 'node:os'
import type { Redis } from 'ioredis-6'
import type { Machine } from './measurement.ts'

/** What this run is on. */
export async function describeMachine(redis: Redis): Promise<Machine> {
  const info = await redis.info('server')
  const version = (name: string) => new RegExp(`${name}:(\\S+)`).exec(info)?.[1]
  const valkey = version('valkey_version')
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    redis: valkey ? `Valkey ${valkey}` : `Redis ${version('redis_version') ?? 'unknown'}`,
    os: `${type()} ${release()}`,
    date: new Date().toISOString(),
  }
}
