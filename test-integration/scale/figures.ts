/** One figure, measured at every size. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** What it is, in short sentences. */
  readonly meaning: string
  /** `flat`: the largest size may cost half as much again as the smallest. A number: it may be no larger. Otherwise it is only told. */
  readonly expected?: 'flat' | number
  /** Less than this counts as this: what is so small is all noise. */
  readonly floor?: number
  /** More is better. */
  readonly isRate?: boolean
}

const mayGrowBy = 1.5

/** A figure with what was measured, size by size; undefined where it does not exist. */
export interface Row {
  readonly figure: Figure
  readonly values: readonly (number | undefined)[]
  /** What the largest size costs in terms of the smallest. */
  readonly ratio: number | undefined
  readonly isKept: boolean
}

/** What is measured at the same sizes. */
export class Section<Name extends string = string> {
  readonly sizes: readonly number[]
  readonly #figures: Readonly<Record<Name, Figure>>
  readonly #noted = new Map<string, number[]>()

  constructor(sizes: readonly number[], figures: Readonly<Record<Name, Figure>>) {
    this.sizes = sizes
    this.#figures = figures
  }

  note(size: number, name: Name, value: number): void {
    const key = `${size} ${name}`
    this.#noted.set(key, [...(this.#noted.get(key) ?? []), value])
  }

  rows(): Row[] {
    return (Object.entries(this.#figures) as [Name, Figure][]).map(([name, figure]) => {
      const values = this.sizes.map((size) => this.#value(`${size} ${name}`, figure))
      const ratio = ratioOf(figure, values)
      return { figure, values, ratio, isKept: isKept(figure, values, ratio) }
    })
  }

  /** Of all rounds that which was disturbed least by what else the machine did. */
  #value(key: string, { isRate = false }: Figure): number | undefined {
    const noted = this.#noted.get(key)
    if (!noted) return undefined
    return isRate ? Math.max(...noted) : Math.min(...noted)
  }
}

function ratioOf({ floor = 0, isRate = false }: Figure, values: Row['values']): number | undefined {
  const known = values.filter((value) => value !== undefined).map((value) => Math.max(value, floor))
  const [smallest] = known
  const largest = known.at(-1)
  if (known.length < 2 || !smallest || !largest) return undefined
  return isRate ? smallest / largest : largest / smallest
}

function isKept({ expected }: Figure, values: Row['values'], ratio: number | undefined): boolean {
  if (expected === undefined) return true
  if (expected === 'flat') return ratio === undefined || ratio <= mayGrowBy
  return values.every((value) => value === undefined || value <= expected)
}
