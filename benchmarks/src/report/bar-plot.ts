import type { TopLevelSpec } from 'vega-lite'
import { median, type Measurement } from '../measurement.ts'
import { colours, drawnNames, panelTitle, style } from './looks.ts'
import type { Panel } from './panel.ts'
import { short } from './quantity.ts'
import { nameOf, oneOfEach, ours } from './subject-names.ts'

export interface BarPlot {
  readonly title: string
  readonly subtitle: string
  readonly panels: readonly Panel[]
  /** Where the panels have nothing to do with each other, each has a scale of its own. */
  readonly hasOwnScales?: boolean
}

interface Bar {
  readonly subject: string
  readonly value: number
  readonly words: string
}

type Drawing = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number]

const [widthOfAll, gap, barHeight] = [540, 16, 24]
// Behind the longest bar is its value in words, 50 pixels wide.
const wordsWidth = 50

/** Bars for each subject with their values behind them: panels next to each other, subjects in the same order in all. */
export function barPlot({ title, subtitle, panels, hasOwnScales = false }: BarPlot): TopLevelSpec {
  const drawn = panels.map((panel) => ({ title: panel.title, bars: barsOf(panel.measurements) }))
  const all = drawn.flatMap(({ bars }) => bars)
  const names = drawnNames.filter((name) => all.some(({ subject }) => subject === name))
  const width = Math.floor(widthOfAll / panels.length) - gap
  return {
    config: style,
    title: { text: title, subtitle },
    spacing: gap,
    hconcat: drawn.map(({ title: text, bars }, index) => ({
      title: { text, ...panelTitle },
      width,
      height: { step: barHeight },
      data: { values: names.map((name) => bars.find(({ subject }) => subject === name) ?? absent(name)) },
      ...drawing(names, scaleEnd(hasOwnScales ? bars : all, width), index === 0),
    })),
  }
}

function barsOf(measurements: readonly Measurement[]): readonly Bar[] {
  return oneOfEach(measurements)
    .map(({ subject, rounds }) => ({ subject: nameOf(subject), value: median(rounds) }))
    .filter(({ subject }) => drawnNames.includes(subject))
    .map((bar) => ({ ...bar, words: short(bar.value) }))
}

/** What was not measured has no bar, but is not nothing. */
function absent(subject: string): Bar {
  return { subject, value: 0, words: '–' }
}

function scaleEnd(bars: readonly Bar[], width: number): number {
  return (Math.max(...bars.map(({ value }) => value)) * width) / (width - wordsWidth)
}

function drawing(names: readonly string[], end: number, hasNames: boolean): Drawing {
  const weight = (field: string): string => `${field} === '${nameOf(ours)}' ? 'bold' : 'normal'`
  const labelFontWeight = { expr: weight('datum.value') }
  const axis = { labels: hasNames, ticks: false, domain: false, labelPadding: 8, labelLimit: 200 } as const
  const color = { domain: [...drawnNames], range: [...colours] }
  return {
    encoding: {
      x: { field: 'value', type: 'quantitative', axis: null, scale: { domain: [0, end] } },
      y: {
        field: 'subject',
        type: 'nominal',
        scale: { domain: [...names] },
        title: null,
        axis: { ...axis, labelFontWeight },
      },
    },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.7 } },
        encoding: { color: { field: 'subject', type: 'nominal', scale: color, legend: null } },
      },
      {
        mark: {
          type: 'text',
          align: 'left',
          dx: 4,
          fontSize: 12,
          fontWeight: { expr: weight('datum.subject') },
        },
        encoding: { text: { field: 'words', type: 'nominal' } },
      },
    ],
  }
}
