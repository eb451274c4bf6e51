/** How the page looks: light and dark, from phones to paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fff; --sunk: #f6f7f9; --line: #e1e4ea; --ink: #1b2130; --soft: #5a6478;
  --event: #7527e0; --event-paper: #f3ebff; --procedure: #0b62d6; --procedure-paper: #e7f1ff;
  --mono: ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151c; --sunk: #1a1e28; --line: #2c3240; --ink: #e7eaf1; --soft: #9aa5ba;
    --event: #c29bff; --event-paper: #2a2040; --procedure: #7db6ff; --procedure-paper: #182c49;
  }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 5.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif;
  overflow-wrap: break-word;
}
h1, h2, h3, h4, p, dl, dd, ul, figure, pre { margin: 0; padding: 0; }
a { color: inherit; }
code, pre, kbd { font-family: var(--mono); font-size: 0.9em; }
:focus-visible { outline: 2px solid var(--procedure); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; z-index: 3; padding: 0.5rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
.skip:focus { top: 0.75rem; }

.top {
  position: sticky; top: 0; z-index: 2; display: flex; align-items: center; justify-content: space-between; gap: 0.5rem 2rem;
  padding: 0.75rem max(2rem, (100% - 78rem) / 2 + 2rem); background: var(--paper); border-bottom: 1px solid var(--line);
}
.title { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.9rem; min-width: 0; }
.title > * { min-width: 0; }
h1 { font-size: 1.2rem; line-height: 1.3; letter-spacing: -0.01em; }
.top p { color: var(--soft); font-size: 0.875rem; }
form { position: relative; flex: 0 1 22rem; min-width: 0; }
form label { position: absolute; clip-path: inset(50%); }
form input {
  width: 100%; padding: 0.5rem 2.4rem 0.5rem 0.85rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--sunk); color: inherit; font: inherit;
}
form input::placeholder { color: var(--soft); opacity: 1; }
form input::-webkit-search-cancel-button { display: none; }
kbd {
  position: absolute; right: 0.6rem; top: 50%; translate: 0 -50%; padding: 0 0.4rem; border: 1px solid var(--line); border-radius: 4px;
  color: var(--soft); font-size: 0.75rem; line-height: 1.5; pointer-events: none;
}

.body { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 78rem; margin: 0 auto; }
nav { position: sticky; top: 4rem; align-self: start; max-height: calc(100vh - 4rem); overflow-y: auto; padding: 2rem 1rem 2rem 1.4rem; font-size: 0.9rem; }
nav summary { display: none; }
nav .api { margin-bottom: 1.4rem; }
nav .name { font-weight: 650; }
nav a { display: block; padding: 0.2rem 0.6rem; border-radius: 6px; text-decoration: none; }
nav a:hover { background: var(--sunk); }
nav ul { list-style: none; }
nav li a { display: flex; align-items: baseline; gap: 0.55rem; color: var(--soft); }
nav li a:hover { color: var(--ink); }
.mark { flex: none; width: 0.5rem; height: 0.5rem; translate: 0 -0.05rem; }
.mark.event { border-radius: 50%; background: var(--event); }
.mark.procedure { border-radius: 2px; background: var(--procedure); }

main { min-width: 0; padding: 2rem 2rem 4rem; }
#found { color: var(--soft); }
#found:not(:empty) { margin-bottom: 1.5rem; }
section.api { margin-bottom: 4rem; }
section.api > h2 { font-size: 1.75rem; line-height: 1.25; letter-spacing: -0.02em; }
h2 a, h3 a { text-decoration: none; }
h2 a:hover, h3 a:hover { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
.prose { max-width: 44rem; white-space: pre-line; }
section > .prose { margin-top: 0.4rem; font-size: 1.05rem; }
.place { margin-top: 0.35rem; color: var(--soft); font-size: 0.875rem; }

article { margin-top: 1.5rem; padding: 1.5rem; border: 1px solid var(--line); border-radius: 12px; }
article:target { border-color: var(--procedure); }
article header { display: flex; align-items: start; justify-content: space-between; gap: 1rem; }
article header h3 { min-width: 0; }
.kind { flex: none; margin-top: 0.2rem; padding: 0.05rem 0.6rem; border-radius: 99px; font-size: 0.75rem; font-weight: 600; }
.kind.event { background: var(--event-paper); color: var(--event); }
.kind.procedure { background: var(--procedure-paper); color: var(--procedure); }
h3 { font: 650 1.15rem/1.4 var(--mono); letter-spacing: -0.01em; }
.within { color: var(--soft); font-weight: 400; }
h3 .own { display: inline-block; }
article > .prose { margin-top: 0.5rem; }
dl { display: flex; flex-wrap: wrap; gap: 0.2rem 1.75rem; margin-top: 0.7rem; font-size: 0.875rem; }
dl div { display: flex; gap: 0.5rem; min-width: 0; }
dt { color: var(--soft); }
dd { min-width: 0; }
dd b { font-weight: 600; }
h4 { margin-top: 1.6rem; font-size: 0.875rem; font-weight: 650; }
.nothing { margin-top: 1.2rem; color: var(--soft); font-size: 0.9rem; }
.result { margin-top: 0.35rem; font-size: 0.95rem; }
.result::first-letter { text-transform: uppercase; }

table { width: 100%; margin-top: 0.5rem; border-collapse: collapse; font-size: 0.9rem; line-height: 1.5; table-layout: fixed; }
th, td { padding: 0.6rem 1rem 0.6rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { padding: 0 1rem 0.4rem 0; border: 0; color: var(--soft); font-size: 0.8rem; }
thead th:nth-child(1) { width: 30%; }
thead th:nth-child(2) { width: 25%; }
td .prose { max-width: none; }
th code.name { font-size: 0.875rem; font-weight: 600; }
.optional { display: block; color: var(--soft); font-size: 0.85rem; }
.rules { color: var(--soft); }
td code { overflow-wrap: anywhere; }

.examples { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 0 1.25rem; }
.examples:not(:has(figure)) { display: none; }
figure { min-width: 0; }
figcaption { display: flex; align-items: end; justify-content: space-between; margin-bottom: 0.5rem; }
.copy {
  padding: 0.1rem 0.7rem; border: 1px solid var(--line); border-radius: 6px; background: none; color: var(--soft);
  font: inherit; font-size: 0.8rem; cursor: pointer;
}
.copy:hover { color: var(--ink); border-color: var(--soft); }
pre { padding: 0.85rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 8px; background: var(--sunk); font-size: 0.875rem; line-height: 1.55; }
pre code { font-size: inherit; }
footer { padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.85rem; }

@media (max-width: 60rem) {
  html { scroll-padding-top: 8rem; }
  .top { flex-wrap: wrap; padding: 0.75rem 1rem; }
  .title { flex: 1 1 100%; }
  form { flex: 1 1 100%; }
  form input { font-size: 1rem; }
  kbd { display: none; }
  .body { display: block; }
  nav { position: static; max-height: none; padding: 1rem 1rem 0; font-size: 1rem; }
  nav details { border: 1px solid var(--line); border-radius: 12px; }
  nav summary { display: list-item; padding: 0.7rem 1rem; cursor: pointer; font-weight: 600; }
  nav .api { padding: 0 0.4rem; }
  nav a { padding: 0.4rem 0.6rem; }
  main { padding: 1.5rem 1rem 3rem; }
  article { padding: 1.1rem 1rem; }
}
@media (max-width: 40rem) {
  article header { flex-direction: column-reverse; gap: 0.4rem; }
  .kind { margin: 0; }
  table, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: 0.7rem 0; border-top: 1px solid var(--line); }
  th, td { padding: 0; border: 0; }
  th, td.type { display: inline; }
  th { padding-right: 0.6rem; }
  .type { color: var(--soft); }
  .optional { display: inline; font-size: inherit; }
  .optional::before { content: ' \\00b7  '; }
  .meaning { margin-top: 0.1rem; }
  .examples { display: block; }
}
@media print {
  :root { color-scheme: light; }
  .top { position: static; padding: 0 0 1rem; }
  form, nav, .copy, .skip { display: none !important; }
  .body { display: block; max-width: none; }
  main { padding: 0; }
  article { break-inside: avoid; border-color: #bbb; }
  pre { border: 1px solid #ccc; }
}
`
