import type { JsonSchema } from '../../api/api-schema.ts'
import { anchor } from './anchor.ts'
import type { DocumentedApi, DocumentedEvent, DocumentedProcedure } from './documentation.ts'
import { exampleOf } from './example-of.ts'
import { markup, Markup, type Content } from './markup.ts'
import { rulesInWords, typeInWords } from './in-words.ts'
import { rowsOf, type Row } from './parameter-rows.ts'
import { descriptionOf, propertiesOf } from './schema-view.ts'

/** A description as its author has set it, with what stands between backticks as code. */
export function prose(description: string): Content {
  const parts = description.split('`')
  if (parts.length % 2 === 0) return markup`<p class="prose">${description}</p>`
  const set = parts.map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : part))
  return markup`<p class="prose">${set}</p>`
}

/** Long names break at their dots and underscores. */
export function breakable(name: string): Content {
  return name.split(/(?<=[._])/).map((part, index) => markup`${index > 0 && new Markup('<wbr>')}${part}`)
}

export function eventArticle(api: DocumentedApi, event: DocumentedEvent): Content {
  const { version, listeners, parameters } = event
  const heard = listeners.map(({ service, listener }) => markup`<b>${service}</b> as ${listener}`)
  return article('event', api, event, [
    facts([
      ['Owner', ownersOf(api)],
      ['Listeners', heard.length > 0 ? listed(heard) : 'none known here'],
      ...(version === undefined ? [] : [['Version', String(version)] as const]),
    ]),
    parametersPart(parameters),
    propertiesOf(parameters).length > 0 && examplePart('Example', parameters),
  ])
}

export function procedureArticle(api: DocumentedApi, procedure: DocumentedProcedure): Content {
  const { parameters, result } = procedure
  return article('procedure', api, procedure, [
    facts([['Owner', ownersOf(api)]]),
    parametersPart(parameters),
    resultPart(result),
    markup`<div class="examples">
      ${propertiesOf(parameters).length > 0 && examplePart('Example of a call', parameters)}
      ${!isAnything(result) && examplePart('Example of a result', result)}
    </div>`,
  ])
}

function article(
  kind: 'event' | 'procedure',
  api: DocumentedApi,
  { name, path, parameters }: DocumentedEvent | DocumentedProcedure,
  parts: readonly Content[],
): Content {
  const description = descriptionOf(parameters)
  return markup`<article id="${anchor(path)}" aria-labelledby="${anchor(path)}-title">
    <header>
      <h3 id="${anchor(path)}-title">
        <a href="#${anchor(path)}">${within(`${api.name}.`)}<span class="own">${breakable(name)}</span></a>
      </h3>
      <p class="kind ${kind}">${kind}</p>
    </header>
    ${description !== undefined && prose(description)} ${parts}
  </article>`
}

function facts(all: readonly (readonly [string, Content])[]): Content {
  return markup`<dl>
    ${all.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`
}

function ownersOf({ owners }: DocumentedApi): Content {
  return owners.length === 0 ? 'not known here' : listed(owners.map((owner) => markup`<b>${owner}</b>`))
}

function listed(all: readonly Content[]): Content {
  return all.map((each, index) => markup`${index > 0 && ', '}${each}`)
}

function parametersPart(parameters: JsonSchema): Content {
  const rows = rowsOf(parameters)
  if (rows.length === 0) return markup`<p class="nothing">No parameters.</p>`
  return markup`<h4>Parameters</h4>
    ${table('Parameters', rows)}`
}

function resultPart(result: JsonSchema): Content {
  const rows = rowsOf(result)
  const rules = rulesInWords(result, result)
  const description = descriptionOf(result)
  return markup`<h4>Result</h4>
    <p class="result">${[typeInWords(result, result), ...rules].join(', ')}</p>
    ${description !== undefined && prose(description)} ${rows.length > 0 && table('Result', rows)}`
}

// The roles stay what they are when a phone shows each row as a block.
function table(label: string, rows: readonly Row[]): Content {
  return markup`<table role="table" aria-label="${label}">
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Name</th>
        <th role="columnheader" scope="col">Type</th>
        <th role="columnheader" scope="col">Meaning</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(line)}
    </tbody>
  </table>`
}

function line(row: Row): Content {
  const { isRequired, type, rules, description, shape } = row
  const byDefault = row.default !== undefined && markup`, default <code>${row.default}</code>`
  const notes = [rules.join(', '), shape].filter((note) => note !== undefined && note !== '')
  const meaning = [
    description !== undefined && prose(description),
    ...notes.map((note) => markup`<p class="rules">${note}</p>`),
  ]
  return markup`<tr role="row">
    <th role="rowheader" scope="row">
      <code class="name">${row.within !== '' && within(row.within)}${breakable(row.name)}</code>
    </th>
    <td role="cell" class="type">${type}${!isRequired && markup`<span class="optional">optional${byDefault}</span>`}</td>
    <td role="cell" class="meaning">${meaning}</td>
  </tr>`
}

function within(path: string): Content {
  return markup`<span class="within">${breakable(path)}</span>`
}

function examplePart(title: string, schema: JsonSchema): Content {
  const example = exampleOf(schema)
  if (example === undefined) return undefined
  return markup`<figure>
    <figcaption>
      <h4>${title}</h4>
      <button type="button" class="copy" hidden>Copy</button>
    </figcaption>
    <pre tabindex="0"><code>${JSON.stringify(example, undefined, 2)}</code></pre>
  </figure>`
}

function isAnything(schema: JsonSchema): boolean {
  return typeInWords(schema, schema) === 'anything'
}
