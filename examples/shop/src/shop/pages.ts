import { html } from 'hono/html'
import type { CompetitorPrice, PictureSize, Product } from './products.ts'
import { style } from './style.ts'

export type Html = ReturnType<typeof html>

export function money(cents: number): string {
  return `€ ${(cents / 100).toFixed(2)}`
}

function page(title: string, content: Html, refreshSeconds?: number): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refreshSeconds ? html`<meta http-equiv="refresh" content="${refreshSeconds}" />` : ''}
        <title>${title}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <header>
          <h1><a href="/">The Bus Stop Shop</a></h1>
          <p>Tea and coffee things. Our prices follow the neighbours', live.</p>
        </header>
        <main>${content}</main>
      </body>
    </html>`
}

function picture(product: Product, sizes: readonly PictureSize[], width: number): Html {
  if (sizes.length === 0) return html`<div class="picture no-picture">no picture yet</div>`
  return html`<img class="picture" src="/products/${product.sku}/pictures/${width}" alt="${product.name}" />`
}

function price(product: Product): Html {
  const { price_cents: now, previous_price_cents: before } = product
  const percent = before ? Math.round(((now - before) / before) * 100) : 0
  return html`<div data-sku="${product.sku}">
    <span class="price">${money(now)}</span>
    ${
      before === null
        ? ''
        : html`<span class="before">${money(before)}</span>
            <span class="change ${now > before ? 'up' : ''}">${percent > 0 ? '+' : ''}${percent} %</span>`
    }
  </div>`
}

export function productListPage(
  products: readonly { product: Product; sizes: readonly PictureSize[] }[],
): Html {
  const cards = products.map(
    ({ product, sizes }) =>
      html`<a class="card" href="/products/${product.sku}">
        ${picture(product, sizes, 320)}
        <div class="text">
          <h2>${product.name}</h2>
          <p>${product.description}</p>
          ${price(product)}
        </div>
      </a>`,
  )
  return page('The Bus Stop Shop', html`<div class="products">${cards}</div>`, 3)
}

export function productPage(
  product: Product,
  sizes: readonly PictureSize[],
  seen: readonly CompetitorPrice[],
): Html {
  return page(
    product.name,
    html`<div class="product">
      <div class="stack">
        <div class="card">
          ${picture(product, sizes, 640)}
          <div class="text">
            <h2>${product.name}</h2>
            <p>${product.description}</p>
            ${price(product)}
          </div>
        </div>
        ${sizes.length > 0 ? thumbnailPanel(product, sizes) : ''}
      </div>
      <div class="stack">${uploadForm(product)} ${competitorForm(product)} ${seenPanel(seen)}</div>
    </div>`,
  )
}

function thumbnailPanel(product: Product, sizes: readonly PictureSize[]): Html {
  const items = sizes.map(
    ({ width, height }) =>
      html`<li>
        <img src="/products/${product.sku}/pictures/${width}" width="${width}" height="${height}" alt="" />
        <span>${width} × ${height}</span>
      </li>`,
  )
  return html`<div class="card panel">
    <h3>Thumbnails</h3>
    <ul class="thumbnails">
      ${items}
    </ul>
  </div>`
}

function uploadForm(product: Product): Html {
  const action = `/products/${product.sku}/picture`
  return html`<form class="card" method="post" action="${action}" enctype="multipart/form-data">
    <h3>A new picture</h3>
    <label>Picture <input type="file" name="picture" accept="image/*" required /></label>
    <button>Upload</button>
  </form>`
}

function competitorForm(product: Product): Html {
  return html`<form class="card" method="post" action="/products/${product.sku}/competitor-price">
    <h3>Seen it elsewhere?</h3>
    <label>Where <input name="competitor" value="Pots &amp; Co" required /></label>
    <label>Price in € <input name="price" type="number" min="0.01" step="0.01" required /></label>
    <button>Tell the price monitor</button>
  </form>`
}

function seenPanel(seen: readonly CompetitorPrice[]): Html {
  if (seen.length === 0) return html``
  const lines = seen.slice(0, 8).map((it) => html`<li>${it.competitor} asks ${money(it.price_cents)}</li>`)
  return html`<div class="card panel">
    <h3>What others ask</h3>
    <ul class="seen">
      ${lines}
    </ul>
  </div>`
}

export function problemPage(sentence: string): Html {
  return page(
    'Sorry',
    html`<div class="card panel">
      <h3>Sorry</h3>
      ${sentence}
    </div>`,
  )
}
