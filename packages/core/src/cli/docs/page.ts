import { createHash } from 'node:crypto'
import { anchor } from './anchor.ts'
import type { Documentation, DocumentedApi } from './documentation.ts'
import { markup, Markup, type Content } from './markup.ts'
import { breakable, eventArticle, procedureArticle, prose } from './page-member.ts'
import { script } from './page-script.ts'
import { style } from './page-style.ts'

/** The whole page: one file that asks for nothing else, and runs and wears nothing but what is in it. */
export function page(documentation: Documentation): string {
  const { title, apis } = documentation
  const { text } = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${new Markup(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <div class="title">
            <h1>${title}</h1>
            <p>${summary(apis)}</p>
          </div>
          <form role="search" hidden>
            <label for="search">Search</label>
            <input
              id="search"
              type="search"
              placeholder="Search"
              autocomplete="off"
              spellcheck="false"
              aria-describedby="found"
            />
            <kbd aria-hidden="true">/</kbd>
          </form>
        </header>
        <div class="body">
          <nav aria-label="APIs">
            <details open>
              <summary>Contents</summary>
              ${apis.map(contents)}
            </details>
          </nav>
          <main id="content" tabindex="-1">
            <p id="found" role="status"></p>
            ${apis.map(section)}
            <footer>
              <p>Version ${documentation.version}. Made by <code>lightbus docs</code>.</p>
            </footer>
          </main>
        </div>
        ${new Markup(`<script>${script}</script>`)}
      </body>
    </html> `
  return `${text.trim()}\n`
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const policy = [
  `default-src 'none'`,
  `style-src ${hash(style)}`,
  `script-src ${hash(script)}`,
  'img-src data:',
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ')

function summary(apis: readonly DocumentedApi[]): string {
  const events = apis.flatMap((api) => api.events).length
  const procedures = apis.flatMap((api) => api.procedures).length
  return [counted(apis.length, 'API'), counted(events, 'event'), counted(procedures, 'procedure')].join(' · ')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function contents({ name, events, procedures }: DocumentedApi): Content {
  const link = (kind: string, path: string, member: string): Content =>
    markup`<li data-of="${anchor(path)}">
      <a href="#${anchor(path)}"
        ><span class="mark ${kind}" aria-hidden="true"></span>${breakable(member)}<span class="unseen"
          >, ${kind}</span
        ></a
      >
    </li>`
  return markup`<div class="api" data-api="${anchor(name)}">
    <a class="name" href="#${anchor(name)}">${breakable(name)}</a>
    <ul>
      ${events.map((event) => link('event', event.path, event.name))}
      ${procedures.map((procedure) => link('procedure', procedure.path, procedure.name))}
    </ul>
  </div>`
}

function section(api: DocumentedApi): Content {
  const { name, description, events, procedures, carriers } = api
  const places = [...new Set([carriers.event, carriers.rpc].map(({ address }) => address))]
  return markup`<section class="api" id="${anchor(name)}" aria-labelledby="${anchor(name)}-title">
    <h2 id="${anchor(name)}-title"><a href="#${anchor(name)}">${breakable(name)}</a></h2>
    ${description !== undefined && prose(description)}
    <p class="place">
      over ${places.map((place, index) => markup`${index > 0 && ' and '}<code>${place}</code>`)}
    </p>
    ${events.map((event) => eventArticle(api, event))}
    ${procedures.map((procedure) => procedureArticle(api, procedure))}
  </section>`
}
