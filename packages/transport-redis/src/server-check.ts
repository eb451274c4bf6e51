import type { TransportContext, TransportKind } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { samplesOf } from './needed-commands.ts'
import { redisRefused } from './redis-errors.ts'

interface Checked {
  readonly client: Redis
  readonly address: string
  /** Whether the client is ours to change. */
  readonly isOwn: boolean
}

/**
 * Looks at what the server says of itself: refuses what has no streams, and tells of settings that risk messages. Where INFO is forbidden
 * this is left out.
 */
export async function checkServer(
  { client, address, isOwn }: Checked,
  context: TransportContext,
): Promise<void> {
  // The client has done so too, but goes on with database 0 when it is refused.
  if (isOwn && client.options.db) await client.select(client.options.db)
  const info = await client.info().catch((error: unknown) => {
    if (isForbidden(error)) return undefined
    throw error
  })
  if (info === undefined && isWatched(client))
    throw redisRefused({ address, why: 'INFO is needed to tell a primary from a replica, and not permitted' })
  if (info === undefined) return
  // From now on the client may look for itself: a server that is still loading is not there yet.
  if (isOwn) client.options.enableReadyCheck = true
  const field = (name: string): string | undefined => new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(info)?.[1]
  const version = field('redis_version')
  if (version !== undefined && Number.parseInt(version) < 5)
    throw redisRefused({ address, why: `its version ${version} has no streams; 5.0 is needed` })
  if (field('loading') === '1') throw new Error('LOADING the server is loading its data')
  if (field('role') === 'slave' && isWatched(client))
    throw new Error('READONLY the sentinels have named a replica; a failover is under way')
  const policy = field('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') reportRisk(context, address, policy)
}

/**
 * Refuses a user who may not do what this kind of transport does, and a server that cannot. The commands are queued in a transaction
 * that is discarded, so nothing of it is ever done; permissions for keys are left to those who know the keys.
 */
export async function checkCommands(
  { client, address }: Omit<Checked, 'isOwn'>,
  kind: TransportKind,
  key: string,
): Promise<void> {
  // By itself first: what follows a MULTI that was refused would be done.
  const why = (await firstRefused(client, [])) ?? (await firstRefused(client, samplesOf(kind, key)))
  if (why !== undefined) throw redisRefused({ address, why })
}

/** Why the first of the commands is refused that are, if any are; none of them is done. */
async function firstRefused(
  client: Redis,
  commands: readonly (readonly string[])[],
): Promise<string | undefined> {
  const pipeline = client.pipeline()
  pipeline.call('MULTI')
  for (const [name = '', ...args] of commands) pipeline.call(name, ...args)
  pipeline.call('DISCARD')
  const names = ['MULTI', ...commands.map(([name]) => name), 'DISCARD']
  for (const [index, [error]] of ((await pipeline.exec()) ?? []).entries()) {
    if (error === null) continue
    if (isForbidden(error) || isUnknown(error)) return `${names[index]} is needed: ${error.message}`
    if (error.name !== 'ReplyError') throw error
  }
  return undefined
}

/** Whether a user may not use the command at all; the keys are another matter. */
function isForbidden(error: unknown): boolean {
  return error instanceof Error && /^NOPERM .*permissions to run/.test(error.message)
}

function isUnknown(error: unknown): boolean {
  return error instanceof Error && /^ERR unknown (sub)?command/i.test(error.message)
}

/** Whether sentinels say where the primary is. */
function isWatched(client: Redis): boolean {
  return Boolean(client.options.sentinels?.length)
}

function reportRisk(context: TransportContext, address: string, policy: string): void {
  const message =
    `Redis at ${address} throws keys away when its memory is full (maxmemory-policy ${policy}),` +
    ' messages among them; set it to noeviction.'
  context.report({ type: 'risk', transport: 'redis', message })
}
