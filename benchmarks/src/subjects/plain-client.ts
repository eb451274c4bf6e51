import { Redis } from 'ioredis-6'
import type { Place } from '../subject.ts'

/** A client as the fast programs have it: what is sent in one turn of the loop goes in one write. */
export function plainClient({ url }: Place): Redis {
  return new Redis(url, { enableAutoPipelining: true })
}
