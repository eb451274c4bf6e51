interface PrivateRedis {
  readonly url: string
  readonly how: string
  stop(): Promise<void>
}

/** The Redis at REDIS_URL, or one that nobody else uses. */
export async function privateRedis(): Promise<PrivateRedis> {
  const { href } = new URL('../../scripts/ensure-redis.mjs', import.meta.url)
  const { ensureRedis } = (await import(href)) as { ensureRedis(): Promise<PrivateRedis> }
  return ensureRedis()
}
