import type { Clock } from '@lightbus/core/transport'

/** Something that the broker keeps under a name, for so long. */
export interface StoredKey {
  readonly name: string
  /** Undefined: for ever. */
  readonly ttlMs: number | undefined
}

interface ExpiringText {
  readonly text: string
  /** Infinity: never. */
  readonly expiresAt: number
}

const fewestToSweep = 64

/** Texts by name, each until its time is over. Needs no timers: what is over is not seen, and swept out as others come. */
export class ExpiringTexts {
  readonly #kind: string
  readonly #clock: Clock
  #texts = new Map<string, ExpiringText>()
  #sweepAt = fewestToSweep

  constructor(kind: string, clock: Clock) {
    this.#kind = kind
    this.#clock = clock
  }

  put(name: string, text: string, ttlMs: number | undefined): void {
    if (this.#texts.size >= this.#sweepAt) this.#sweep()
    this.#texts.set(name, { text, expiresAt: this.#clock.now() + (ttlMs ?? Infinity) })
  }

  get(name: string): string | undefined {
    const found = this.#texts.get(name)
    return found && this.#isAlive(found) ? found.text : undefined
  }

  delete(name: string): void {
    this.#texts.delete(name)
  }

  names(): readonly string[] {
    this.#sweep()
    return [...this.#texts.keys()]
  }

  keys(): readonly StoredKey[] {
    this.#sweep()
    const now = this.#clock.now()
    return [...this.#texts].map(([name, { expiresAt }]) => ({
      name: `${this.#kind}:${name}`,
      ttlMs: expiresAt === Infinity ? undefined : expiresAt - now,
    }))
  }

  wipe(): void {
    this.#texts.clear()
  }

  /** The returned function puts all back to how it is now. */
  checkpoint(): () => void {
    const texts = [...this.#texts]
    return () => {
      this.#texts = new Map(texts)
    }
  }

  #sweep(): void {
    for (const [name, text] of this.#texts) if (!this.#isAlive(text)) this.#texts.delete(name)
    this.#sweepAt = Math.max(fewestToSweep, this.#texts.size * 2)
  }

  #isAlive({ expiresAt }: ExpiringText): boolean {
    return this.#clock.now() < expiresAt
  }
}
