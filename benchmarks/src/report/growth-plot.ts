import type { TopLevelSpec } from 'vega-lite'
import { sizeWords } from './at-words.ts'
import { growingKey, growths } from './growth.ts'
import { colours, drawnNames, panelTitle, shapes, style } from './looks.ts'
import type { Panel } from './panel.ts'
import { nameOf } from './subject-names.ts'

export interface GrowthPlot {
  readonly title: string
  readonly subtitle: string
  readonly panels: readonly Panel[]
}

interface Point {
  readonly subject: string
  readonly size: string
  readonly cost: number
  /** What its line is about, where a panel has several. */
  readonly line: string
  /** That, at the end of the line. */
  readonly label: string
}

type Drawing = Extract<TopLevelSpec, { concat: unknown }>['concat'][number]

const [width, height, gap, columns] = [290, 130, 24, 2]
// What stays flat is not to look as if it rose.
const leastHeight = 2

/** What a message costs at each size in terms of the smallest: a panel for each thing that grows, and a line per subject. */
export function growthPlot({ title, subtitle, panels }: GrowthPlot): TopLevelSpec {
  return {
    config: style,
    title: { text: title, subtitle },
    columns,
    spacing: gap,
    concat: panels.map((panel) => {
      const points = pointsOf(panel)
      return {
        title: { text: panel.title, ...panelTitle },
        width,
        height,
        data: { values: [...points] },
        ...drawing(points),
      }
    }),
  }
}

function pointsOf({ measurements }: Panel): readonly Point[] {
  const key = growingKey(measurements)
  if (key === undefined) return []
  return growths(measurements, key).flatMap(({ subject, figure, steps }) => {
    const [, ...about] = figure.split(', ')
    const line = about.join(', ')
    return steps.map(({ size, relativeCost }, index) => ({
      subject: nameOf(subject),
      size: sizeWords(key, size),
      cost: relativeCost,
      line,
      label: index === steps.length - 1 ? line : '',
    }))
  })
}

function drawing(points: readonly Point[]): Drawing {
  const end = Math.max(leastHeight, ...points.map(({ cost }) => cost * 1.15))
  const sizes = [...new Set(points.map(({ size }) => size))]
  return {
    encoding: {
      x: { field: 'size', type: 'ordinal', sort: sizes, title: null, axis: { labelAngle: 0 } },
      y: {
        field: 'cost',
        type: 'quantitative',
        scale: { domain: [0, end], nice: true },
        title: null,
        axis: {
          labelExpr: "datum.value + '×'",
          tickCount: 4,
          minExtent: 34,
          grid: true,
          gridColor: '#ddd',
          domain: false,
        },
      },
      detail: { field: 'line', type: 'nominal' },
      color: {
        field: 'subject',
        type: 'nominal',
        scale: { domain: [...drawnNames], range: [...colours] },
        legend: null,
      },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 3 } },
      {
        mark: { type: 'text', align: 'right', dx: -12, dy: -4 },
        encoding: { text: { field: 'label', type: 'nominal' } },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 60 },
        encoding: {
          shape: {
            field: 'subject',
            type: 'nominal',
            scale: { domain: [...drawnNames], range: [...shapes] },
            legend: null,
          },
        },
      },
    ],
  }
}
