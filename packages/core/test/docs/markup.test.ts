import { expect } from 'chai'
import { markup } from '../../src/cli/docs/markup.ts'

describe('markup', () => {
  it('escapes what is text, in elements and in attributes', () => {
    const hostile = `"><script>alert('x' & "y")</script>`
    const { text } = markup`<a title="${hostile}">${hostile}</a>`
    const escaped = '&#34;&#62;&#60;script&#62;alert(&#39;x&#39; &#38; &#34;y&#34;)&#60;/script&#62;'
    expect(text).to.equal(`<a title="${escaped}">${escaped}</a>`)
  })

  it('takes markup, lists and numbers as they are, and leaves out what is not there', () => {
    const inner = markup`<b>${1}</b>`
    expect(markup`<p>${[inner, '<', [0]]}${undefined}${false}</p>`.text).to.equal('<p><b>1</b>&#60;0</p>')
  })

  it('does not take escapes in a template for what they mean', () => {
    expect(markup`a\n${'b'}`.text).to.equal('a\nb')
  })
})
