/** The ids of events that were sent a short while ago (E78). */
export class DedupWindow {
  /** Until when each is remembered, the oldest first. */
  #seen = new Map<string, number>()

  /** Whether the id is new; it is not for the length of the window from now on. */
  admit(id: string, now: number, windowMs: number): boolean {
    if (windowMs <= 0) return true
    for (const [oldId, untilMs] of this.#seen) {
      if (untilMs > now) break
      this.#seen.delete(oldId)
    }
    if ((this.#seen.get(id) ?? 0) > now) return false
    this.#seen.set(id, now + windowMs)
    return true
  }

  clear(): void {
    this.#seen.clear()
  }

  /** The returned function brings this moment back. */
  checkpoint(): () => void {
    const seen = new Map(this.#seen)
    return () => (this.#seen = new Map(seen))
  }
}
