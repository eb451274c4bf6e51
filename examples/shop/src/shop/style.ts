export const style = `
  :root { --ink: #22252b; --quiet: #6c7078; --paper: #faf7f2; --card: #fff; --line: #e8e1d6; --accent: #b5502b; --good: #2c7a4b }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, 'Segoe UI', sans-serif }
  header { padding: 2.2rem 1.5rem 1.4rem; max-width: 70rem; margin: 0 auto }
  header a { color: inherit; text-decoration: none }
  header h1 { margin: 0; font: 600 2rem/1.2 Georgia, 'Liberation Serif', 'DejaVu Serif', serif }
  header p { margin: .3rem 0 0; color: var(--quiet) }
  main { max-width: 70rem; margin: 0 auto; padding: 0 1.5rem 4rem }
  .products { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fill, minmax(15.5rem, 1fr)) }
  .card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; overflow: hidden }
  a.card { display: flex; flex-direction: column; color: inherit; text-decoration: none; transition: transform .15s, box-shadow .15s }
  a.card:hover { transform: translateY(-3px); box-shadow: 0 10px 24px rgb(60 40 20 / .12) }
  .picture { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: cover; background: #efe8dc }
  .no-picture { display: grid; place-items: center; color: #b3a895; font-size: .9rem }
  .text { padding: 1rem 1.1rem 1.2rem }
  h2 { margin: 0 0 .2rem; font: 600 1.2rem/1.3 Georgia, 'Liberation Serif', 'DejaVu Serif', serif }
  .card .text { flex: 1; display: flex; flex-direction: column }
  .text p { flex: 1; margin: 0 0 .8rem; color: var(--quiet); font-size: .92rem }
  [data-sku] { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .5rem; min-height: 2.2rem }
  .price, .before, .change { white-space: nowrap }
  .price { font-size: 1.2rem; font-weight: 650; font-variant-numeric: tabular-nums }
  .before { color: var(--quiet); text-decoration: line-through; font-size: .95rem }
  .change { padding: .1rem .5rem; border-radius: 99px; font-size: .8rem; color: #fff; background: var(--good) }
  .change.up { background: var(--accent) }
  .product { display: grid; gap: 1.6rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); align-items: start }
  .stack { display: grid; gap: 1.2rem }
  form, .panel { padding: 1.1rem 1.2rem }
  h3 { margin: 0 0 .7rem; font-size: 1rem }
  label { display: block; margin-bottom: .7rem; font-size: .88rem; color: var(--quiet) }
  input { display: block; width: 100%; margin-top: .2rem; padding: .5rem .6rem; font: inherit; color: var(--ink); border: 1px solid var(--line); border-radius: 8px; background: #fff }
  button { padding: .55rem 1.1rem; font: inherit; font-weight: 600; color: #fff; background: var(--accent); border: 0; border-radius: 8px; cursor: pointer }
  button:hover { filter: brightness(1.08) }
  .thumbnails { display: flex; gap: .9rem; flex-wrap: wrap; align-items: end; margin: 0; padding: 0; list-style: none }
  .thumbnails span { display: block; margin-top: .3rem }
  .thumbnails img { display: block; border-radius: 8px; max-width: 10rem; height: auto }
  .thumbnails span, .seen { font-size: .85rem; color: var(--quiet) }
  .seen { margin: 0; padding-left: 1.1rem }
  @media (max-width: 45rem) { .product { grid-template-columns: 1fr } }
`
