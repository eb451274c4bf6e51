import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { findChromium, openChromium, type BrowserPage } from './chromium.ts'

const cli = fileURLToPath(new URL('../../packages/core/src/cli/lightbus.ts', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
const shop = fileURLToPath(new URL('../../examples/shop/', import.meta.url))
const chromium = findChromium()

describe('the page of lightbus docs', function () {
  this.timeout(60_000)
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lightbus-page-'))
    await docs(fixtures, ['described-bus.ts', '--out', join(folder, 'described')])
    const modules = ['shop', 'image', 'price-monitor'].map((name) => `src/${name}/bus.ts`)
    await docs(shop, [...modules, '--out', join(folder, 'shop')])
  })
  after(() => rm(folder, { recursive: true, force: true }))

  function urlOf(name: string): string {
    return pathToFileURL(join(folder, name, 'index.html')).href
  }

  describe('as it is written', () => {
    let text: string
    before(async () => {
      text = await readFile(join(folder, 'described/index.html'), 'utf8')
    })

    it('asks for nothing, and runs nothing but its own', () => {
      expect(text).to.match(/Content-Security-Policy" content="default-src &#39;none&#39;/)
      expect(text).not.to.match(/\bsrc=["h]|@import|url\(|<link(?! rel="icon" href="data:,")|unsafe-inline/)
      expect(text).to.contain('An order is in the books. &#60;img src=x onerror=alert(1)&#62;')
    })

    it('has landmarks, headings that nest, and a target for each of its links', () => {
      for (const landmark of ['<header', '<nav aria-label="APIs"', '<main', '<form role="search"'])
        expect(text.split(landmark), landmark).to.have.length.greaterThan(1)
      expect(text.match(/<h1>/g)).to.have.lengthOf(1)
      const levels = [...text.matchAll(/<h([1-6])\b/g)].map(([, level]) => Number(level))
      levels.slice(1).forEach((level, index) => expect(level - (levels[index] ?? 0)).to.be.at.most(1))
      const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
      expect(new Set(ids).size).to.equal(ids.length)
      const targets = [...text.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target)
      expect(targets).to.include('my_company.webshop.place_order')
      expect(ids).to.include.members(targets)
      expect([...text.matchAll(/<label for="([^"]+)"/g)].map(([, id]) => id)).to.deep.equal(['search'])
    })

    it('tells of parameters in words', () => {
      const plain = text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
      for (const said of [
        'order UUID The number that the customer sees.',
        'lines list of objects at least 1 item',
        'lines[]. sku string',
        'ship_ to. country string optional, default &#34;NL&#34; exactly 2 characters',
        'size &#34;small&#34; or &#34;large&#34; optional, default &#34;small&#34;',
        'payment. due_ days integer optional, default 14 7 to 60 if kind is &#34;invoice&#34;',
        'labels map of names to strings optional',
        'Listeners webshop as packing, webshop as statistics',
        'Owner webshop',
        'Version 3',
        'the same shape again',
        'Result integer How many were new.',
      ])
        expect(plain).to.contain(said)
    })
  })

  // Where there is no browser, what is above has to do.
  if (chromium)
    describe('in a browser', () => {
      let page: BrowserPage
      before(async () => {
        page = await openChromium(chromium)
      })
      after(() => page?.close())

      for (const name of ['described', 'shop'])
        for (const width of [320, 375, 768, 1280])
          it(`fits: ${name} at ${width} px, without a request or a complaint`, async () => {
            await page.resize(width, 812)
            await page.visit(urlOf(name))
            const widest = await page.evaluate<number>('document.documentElement.scrollWidth')
            expect(widest).to.be.at.most(width)
            const cutOff = `[...document.querySelectorAll('main *')].filter((part) => !part.closest('thead') && part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== 'inline').length`
            expect(await page.evaluate(cutOff)).to.equal(0)
            expect(page.requests.filter((url) => !url.startsWith('file:'))).to.deep.equal([])
            expect(page.complaints).to.deep.equal([])
          })

      it('finds by name, by description and by parameter, and says so', async () => {
        await page.visit(urlOf('described'))
        expect(await search('categ')).to.deep.equal(['my_company.webshop.categories'])
        expect(await search('BOOKS order')).to.deep.equal([
          'my_company.webshop.order_placed',
          'my_company.webshop.place_order',
        ])
        expect(await search('discount')).to.deep.equal(['my_company.webshop.place_order'])
        expect(await said()).to.equal('1 found')
        expect(await search('<nothing>')).to.deep.equal([])
        expect(await said()).to.equal('Nothing found for “<nothing>”')
        expect(await page.evaluate(`document.querySelectorAll('nav li:not([hidden])').length`)).to.equal(0)
        await page.press('Escape')
        expect(await shown()).to.have.lengthOf(6)
        expect(await said()).to.equal('')
      })

      it('leads to what a link names, also when the search hides it', async () => {
        await page.visit(`${urlOf('described')}#my_company.webshop.ping`)
        const top = `document.querySelector(':target').getBoundingClientRect().top`
        expect(await page.evaluate(top)).to.be.within(0, 812)
        await search('categ')
        const moved = `new Promise((done) => { addEventListener('hashchange', () => setTimeout(done)); location.hash = '#my_company.webshop.closed' })`
        await page.evaluate(moved)
        expect(await shown()).to.have.lengthOf(6)
        expect(await page.evaluate(top)).to.be.within(0, 812)
      })

      it('focuses the search at "/"', async () => {
        await page.visit(urlOf('described'))
        await page.press('/')
        expect(await page.evaluate('document.activeElement.id')).to.equal('search')
        await page.press('/')
        expect(await page.evaluate(`document.querySelector('#search').value`)).to.equal('/')
      })

      it('copies an example', async () => {
        await page.visit(urlOf('described'))
        const copied = `new Promise((done) => {
          navigator.clipboard.writeText = async (text) => done(JSON.parse(text).size)
          document.querySelector('button.copy').click()
        })`
        expect(await page.evaluate(copied)).to.equal('small')
        expect(await page.evaluate(`document.querySelector('button.copy').textContent`)).to.equal('Copied')
      })

      it('is dark for those who prefer it, and its text can be read in both', async () => {
        const papers: string[] = []
        for (const scheme of ['light', 'dark'] as const) {
          await page.prefer(scheme)
          await page.visit(urlOf('described'))
          papers.push(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
          expect(await page.evaluate<number>(leastContrast), scheme).to.be.at.least(4.5)
        }
        expect(papers).to.deep.equal(['rgb(255, 255, 255)', 'rgb(18, 21, 28)'])
      })

      async function search(words: string): Promise<readonly string[]> {
        const typed = `input.value = ${JSON.stringify(words)}; input.dispatchEvent(new Event('input')); input.focus()`
        await page.evaluate(`{ const input = document.querySelector('#search'); ${typed} }`)
        return shown()
      }

      function shown(): Promise<readonly string[]> {
        return page.evaluate(
          `[...document.querySelectorAll('article')].filter((one) => one.checkVisibility()).map((one) => one.id)`,
        )
      }

      function said(): Promise<string> {
        return page.evaluate(`document.querySelector('[role=status]').textContent`)
      }
    })
})

/** The least contrast of a text to what it stands on, as WCAG counts it. */
const leastContrast = `{
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const light = (colour) => channels(colour).slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0)
  const paper = (part) => {
    const colour = getComputedStyle(part).backgroundColor
    return (channels(colour)[3] ?? 1) === 0 ? paper(part.parentElement) : colour
  }
  const texts = [...document.querySelectorAll('body *')].filter((part) => part.checkVisibility() && [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  Math.min(...texts.map((part) => {
    const [one, other] = [light(getComputedStyle(part).color), light(paper(part))].sort((a, b) => b - a)
    return (one + 0.05) / (other + 0.05)
  }))
}`

async function docs(cwd: string, args: readonly string[]): Promise<void> {
  const node = ['--import', 'tsx', '--conditions=@lightbus/source', cli, 'docs', ...args]
  await promisify(execFile)(process.execPath, node, { cwd, timeout: 30_000 })
}
