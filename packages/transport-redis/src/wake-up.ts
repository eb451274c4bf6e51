/** Lets one loop wait until something has happened. What happens while nobody waits is remembered. */
export class WakeUp {
  private isDue = false
  private resume: (() => void) | undefined

  wake(): void {
    this.isDue = true
    this.resume?.()
  }

  /** Resolves when `wake` has been called since the last time. */
  async next(): Promise<void> {
    if (!this.isDue) await new Promise<void>((resolve) => (this.resume = resolve))
    this.isDue = false
    this.resume = undefined
  }
}
