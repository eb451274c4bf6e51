/** A piece of HTML that is safe to insert. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: text is escaped, markup is not, undefined and false are nothing. */
export type Content = Markup | string | number | undefined | false | readonly Content[]

/** A template whose values are escaped, for elements and quoted attributes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...values.map(written)))
}

function written(content: Content): string {
  if (content instanceof Markup) return content.text
  if (content === undefined || content === false) return ''
  if (typeof content === 'object') return content.map(written).join('')
  return String(content).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
