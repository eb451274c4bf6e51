import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { measures, type Measure, type Point } from './series.ts'

/** The measures over time, one below the other, as an SVG image. */
export async function plot(points: readonly Point[]): Promise<string> {
  const spec: TopLevelSpec = {
    background: 'white',
    vconcat: (Object.keys(measures) as Measure[]).map((measure) => ({
      data: { values: points.filter((point) => point.measure === measure) },
      width: 640,
      height: 90,
      mark: { type: 'line', interpolate: 'monotone' },
      encoding: {
        x: { field: 'seconds', type: 'quantitative', title: measure === 'redisMemory' ? 'seconds' : null },
        y: { field: 'value', type: 'quantitative', title: measures[measure].title, scale: { zero: true } },
        color: { field: 'who', type: 'nominal', title: null },
      },
    })),
  }
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
}
