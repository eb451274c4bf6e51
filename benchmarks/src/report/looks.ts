import type { Config } from 'vega-lite'

interface Look {
  readonly colour: string
  readonly shape: string
}

/**
 * How each subject looks in every plot, in the order in which they come. Ours is the darkest; after Okabe and Ito the others can
 * be told apart by those who do not see all colours, and on grey paper by their lightness and shape.
 */
export const looks: Readonly<Record<string, Look>> = {
  Lightbus: { colour: '#08306b', shape: 'circle' },
  'plain ioredis': { colour: '#8c8c8c', shape: 'cross' },
  Moleculer: { colour: '#d55e00', shape: 'square' },
  'NestJS microservices': { colour: '#cc79a7', shape: 'diamond' },
  BullMQ: { colour: '#009e73', shape: 'triangle-up' },
  'Moleculer channels': { colour: '#e69f00', shape: 'triangle-down' },
  'Python Lightbus': { colour: '#56b4e9', shape: 'triangle-right' },
}

export const drawnNames = Object.keys(looks)
export const colours = drawnNames.map((name) => looks[name]?.colour ?? '')
export const shapes = drawnNames.map((name) => looks[name]?.shape ?? '')

/** What all plots have in common. */
export const style: Config = {
  background: 'white',
  font: 'Helvetica, Arial, sans-serif',
  padding: 12,
  view: { stroke: null },
  axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', labelColor: '#222', grid: false },
  header: { labelFontSize: 13, labelFontWeight: 'bold', labelColor: '#222', title: null },
  title: { anchor: 'start', fontSize: 15, subtitleFontSize: 12, subtitleColor: '#444', offset: 12 },
}

export const panelTitle = { fontSize: 13, offset: 8, frame: 'group' } as const
