import type { Redis } from 'ioredis'

/** The time at Redis, which alone says what has expired: the clocks of hosts differ. */
export class ServerClock {
  private readonly commands: Redis
  private offsetMs = 0

  constructor(commands: Redis) {
    this.commands = commands
  }

  /** Asks Redis. */
  async sync(): Promise<void> {
    const [seconds = '0', micros = '0'] = (await this.commands.time()).map(String)
    this.offsetMs = Number(seconds) * 1_000 + Number(micros) / 1_000 - performance.now()
  }

  /** Milliseconds since the epoch, as good as the last `sync`. */
  now(): number {
    return performance.now() + this.offsetMs
  }
}
