/** What makes the page searchable, and examples copyable. Without it, all is there to be read. */
export const script = `
const all = (selector, within = document) => [...within.querySelectorAll(selector)]
const form = document.querySelector('form')
const input = document.querySelector('#search')
const found = document.querySelector('#found')
const contents = document.querySelector('nav details')
const narrow = matchMedia('(max-width: 60rem)')

const members = all('article').map((article) => ({
  article,
  link: document.querySelector('nav li[data-of="' + article.id + '"]'),
  text: all('h3, .prose, .name', article).map((part) => part.textContent).join(' ').toLowerCase(),
}))
const apis = all('section.api').map((section) => ({
  section,
  link: document.querySelector('nav [data-api="' + section.id + '"]'),
  text: all('h2, :scope > .prose', section).map((part) => part.textContent).join(' ').toLowerCase(),
}))

function filter() {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean)
  let count = 0
  for (const { section, link, text } of apis) {
    const own = members.filter(({ article }) => section.contains(article))
    let isEmpty = own.length > 0 || !words.every((word) => text.includes(word))
    for (const member of own) {
      const isFound = words.every((word) => (text + ' ' + member.text).includes(word))
      member.article.hidden = member.link.hidden = !isFound
      if (isFound) isEmpty = false
      if (isFound) count += 1
    }
    section.hidden = link.hidden = isEmpty
  }
  found.textContent = words.length === 0 ? '' : count === 0 ? 'Nothing found for \\u201c' + input.value + '\\u201d' : count + ' found'
}

function showTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!target || !target.closest('[hidden]')) return
  input.value = ''
  filter()
  target.scrollIntoView()
}

function fitContents() {
  contents.open = !narrow.matches
}

async function copy(button) {
  const code = button.closest('figure').querySelector('code')
  try {
    await navigator.clipboard.writeText(code.textContent)
  } catch {
    getSelection().selectAllChildren(code)
    document.execCommand('copy')
  }
  for (const each of all('button.copy')) each.textContent = each === button ? 'Copied' : 'Copy'
}

form.hidden = false
form.addEventListener('submit', (event) => event.preventDefault())
input.addEventListener('input', filter)
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  input.value = ''
  filter()
  input.blur()
})
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target === input) return
  event.preventDefault()
  input.focus()
  input.select()
})
for (const button of all('button.copy')) {
  button.hidden = false
  button.addEventListener('click', () => copy(button))
}
contents.addEventListener('click', (event) => {
  if (narrow.matches && event.target.closest('a')) contents.open = false
})
narrow.addEventListener('change', fitContents)
addEventListener('hashchange', showTarget)
addEventListener('beforeprint', () => (contents.open = true))
fitContents()
filter()
`
