import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** Draws without a browser and without a canvas. */
export async function svg(spec: TopLevelSpec): Promise<string> {
  const text = await new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
  return `${text}\n`
}
