import type { TopLevelSpec } from 'vega-lite'
import type { Measurement } from '../measurement.ts'
import { barPlot } from './bar-plot.ts'
import { growthPlot } from './growth-plot.ts'
import { fitting, type Wanted } from './wanted.ts'

/** A plot of figures that belong together, of one case or of several. */
export interface Plot {
  readonly file: string
  readonly title: string
  readonly subtitle: string
  readonly kind: 'bars' | 'bars with own scales' | 'growth'
  readonly panels: readonly (Wanted & { readonly title: string })[]
}

const fired = { case: 'fire', figure: 'fired' } as const
const handled = { case: 'handle', figure: 'handled' } as const

export const plots: readonly Plot[] = [
  {
    file: 'call-latency.svg',
    title: 'A single call',
    subtitle: 'Milliseconds: shorter is better',
    kind: 'bars with own scales',
    panels: [
      { title: 'p50', case: 'rpc-latency', figure: 'p50' },
      { title: 'p99', case: 'rpc-latency', figure: 'p99' },
    ],
  },
  {
    file: 'calls.svg',
    title: 'Calls per second',
    subtitle: 'By the number of calls in flight, with 100 bytes: longer is better',
    kind: 'bars',
    panels: [10, 100, 500, 5_000].map((inFlight) => ({
      title: `${inFlight.toLocaleString('en')} in flight`,
      case: 'rpc',
      at: { inFlight, bytes: 100 },
      figure: 'calls',
    })),
  },
  {
    file: 'events-fired.svg',
    title: 'Events fired per second',
    subtitle: 'With 100 bytes: longer is better',
    kind: 'bars',
    panels: [
      { title: 'one by one', ...fired, at: { inFlight: 1, bytes: 100, batch: undefined } },
      { title: '100 in flight', ...fired, at: { inFlight: 100, bytes: 100 } },
      { title: 'in bulks of 100', ...fired, at: { batch: 100, bytes: 100 } },
    ],
  },
  {
    file: 'events-handled.svg',
    title: 'Events handled per second',
    subtitle: 'By the number of handlers at a time, or as they come: longer is better',
    kind: 'bars',
    panels: [
      ...[1, 10, 100].map((concurrency) => ({
        title: `concurrency ${concurrency}`,
        ...handled,
        at: { concurrency },
      })),
      { title: 'as they come', ...handled, at: { mode: 'live' } },
    ],
  },
  {
    file: 'growth.svg',
    title: 'What a message costs as things grow',
    subtitle: 'Lightbus, in terms of the smallest size: flat is better',
    kind: 'growth',
    panels: [
      { title: 'Listeners in a process', case: 'growth-listeners', figure: 'time' },
      { title: 'APIs in a process', case: 'growth-apis', figure: 'calls' },
      { title: 'Pending events', case: 'growth-pending', figure: 'handled' },
      { title: 'Payload', case: 'growth-payload', figure: 'calls' },
    ],
  },
]

/** Undefined where nothing of it was measured; otherwise with the panels that something was measured for. */
export function drawn(plot: Plot, measurements: readonly Measurement[]): TopLevelSpec | undefined {
  const panels = plot.panels
    .map(({ title, ...wanted }) => ({ title, measurements: fitting(wanted, measurements) }))
    .filter((panel) => panel.measurements.length > 0)
  if (panels.length === 0) return undefined
  const { title, subtitle, kind } = plot
  if (kind === 'growth') return growthPlot({ title, subtitle, panels })
  return barPlot({ title, subtitle, panels, hasOwnScales: kind === 'bars with own scales' })
}
