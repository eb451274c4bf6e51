import type { Clock } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'

const beatMs = 1_000
const markTtlMs = 60_000

interface ReplyPathParts {
  readonly commands: Redis
  /** The list that results come to. */
  readonly key: string
  readonly clock: Clock
  /** Whether somebody waits. */
  readonly isWanted: () => boolean
  readonly onLost: () => void
}

/**
 * Notices when Redis has lost the place where results come to. An empty list does not exist, so a mark beside it tells: what
 * wipes the one wipes the other, and a process that was cut off for too long loses both. Looked at only while somebody waits.
 */
export class ReplyPath {
  readonly key: string
  private readonly parts: ReplyPathParts
  private readonly mark: string
  private marking: Promise<void> | undefined
  private isMarked = false
  private isClosed = false
  private cancel: () => void = () => undefined

  constructor(parts: ReplyPathParts) {
    this.parts = parts
    this.key = parts.key
    this.mark = `${parts.key}:alive`
  }

  /** Whether a loss is noticed already. */
  get isHeld(): boolean {
    return this.isMarked
  }

  /** Resolves when a loss from now on is noticed. */
  async hold(): Promise<void> {
    const marking = (this.marking ??= this.begin())
    try {
      await marking
    } catch (error) {
      if (this.marking === marking) this.marking = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.cancel()
    // Left alone it expires.
    if (this.marking) await this.parts.commands.del(this.mark).catch(() => undefined)
  }

  private async begin(): Promise<void> {
    await this.parts.commands.set(this.mark, '1', 'PX', markTtlMs)
    this.isMarked = true
    this.schedule()
  }

  private schedule(): void {
    if (!this.isClosed) this.cancel = this.parts.clock.after(beatMs, () => void this.beat())
  }

  private async beat(): Promise<void> {
    const { commands, isWanted, onLost } = this.parts
    if (!isWanted()) {
      this.letGo()
      return
    }
    // A server that cannot be reached is asked again.
    const isThere = await commands.pexpire(this.mark, markTtlMs).catch(() => 1)
    if (isThere === 1) return this.schedule()
    this.letGo()
    if (!this.isClosed) onLost()
  }

  private letGo(): void {
    this.marking = undefined
    this.isMarked = false
  }
}
