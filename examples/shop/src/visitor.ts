import { readFile } from 'node:fs/promises'
import { until } from './until.ts'

/** Uploads a picture through the product's form and gives the sizes of the thumbnails that the page then shows. */
export async function uploadPicture(shopUrl: string, sku: string, file: URL): Promise<string[]> {
  const picture = await readFile(file)
  const page = await post(`${shopUrl}/products/${sku}/picture`, () => {
    const form = new FormData()
    form.set('picture', new Blob([picture]), `${sku}.jpg`)
    return form
  })
  return [...(await page.text()).matchAll(/<span>(\d+ × \d+)<\/span>/g)].map((match) => match[1] ?? '')
}

/** Tells the price monitor, through the product's form, what a competitor asks. */
export async function reportPrice(shopUrl: string, sku: string, competitor: string, cents: number) {
  await post(`${shopUrl}/products/${sku}/competitor-price`, () => {
    return new URLSearchParams({ competitor, price: (cents / 100).toFixed(2) })
  })
}

/** Posts a form; again while the shop says that the service behind it is not there yet. */
async function post(url: string, makeForm: () => FormData | URLSearchParams): Promise<Response> {
  const response = await until(`the service behind ${url}`, async () => {
    const answer = await fetch(url, { method: 'POST', body: makeForm() })
    return answer.status === 503 ? undefined : answer
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response
}
