/** The looks and the script of the page (`--emit=html`): constants, so that the page may name the script's hash. */

export const style = `
:root { color-scheme: light dark; --ink: #1c2430; --dim: #66738a; --paper: #fbfbf9; --panel: #ffffff; --line: #dfe3ea;
  --accent: #0b6bcb; --kw: #8b2fa8; --st: #22713b; --nu: #a8500a; --co: #76808f; --di: #a8500a;
  --tint: 62% 95%; --tint-on: 85% 84%; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dbe2ee; --dim: #8793a8; --paper: #12161d; --panel: #181d26; --line: #2a323f;
    --accent: #6cb2ff; --kw: #d7a1f0; --st: #8fd39f; --nu: #f0b072; --co: #78859a; --di: #f0b072;
    --tint: 28% 15%; --tint-on: 45% 29%; }
}
* { box-sizing: border-box; }
body { margin: 0; height: 100vh; display: flex; flex-direction: column; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, sans-serif; }
header { padding: 10px 18px 8px; display: flex; flex-wrap: wrap; gap: 4px 28px; align-items: baseline; }
h1 { font-size: 17px; margin: 0; }
h2 { font-size: 12px; margin: 0; padding: 7px 14px; text-transform: uppercase; letter-spacing: .08em; color: var(--dim);
  border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--panel); z-index: 1; }
h3 { font: 600 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; margin: 0; padding: 10px 14px 4px; }
h3 small { font-weight: 400; color: var(--dim); margin-left: 10px; }
.facts { margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 22px; list-style: none; color: var(--dim); }
.facts b { color: var(--ink); font: 600 13px ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
kbd { font: 11px ui-monospace, monospace; border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; background: var(--panel); }
.help[hidden] { display: none; }
.help { margin: 0 0 0 auto; color: var(--dim); font-size: 12px; }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 11fr) minmax(0, 9fr) minmax(0, 12fr);
  border-top: 1px solid var(--line); }
.column { overflow: auto; background: var(--panel); border-right: 1px solid var(--line); padding-bottom: 30vh; }
.column:last-child { border-right: 0; }
.rows { width: max-content; min-width: 100%; font: 12.5px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, monospace; tab-size: 4; }
.r { display: flex; white-space: pre; border-left: 3px solid transparent; }
.r[data-k] { background: hsl(var(--h) var(--tint)); cursor: pointer; }
.r.via { border-left-color: hsl(var(--h) 60% 55%); box-shadow: inset 0 0 0 99px hsl(var(--h) 60% 50% / .09); }
.r.on, .r:target { background: hsl(var(--h, 48) var(--tint-on)); border-left-color: hsl(var(--h, 48) 70% 45%); }
.r:focus { outline: 2px solid var(--accent); outline-offset: -2px; }
.n { flex: none; width: 46px; padding-right: 12px; text-align: right; color: var(--dim); user-select: none; }
.column:nth-child(2) .n { width: 0; padding-right: 14px; }
.t { flex: 1 0 auto; }
.f { flex: none; position: sticky; right: 0; margin-left: auto; padding: 0 14px 0 24px; background: inherit; color: var(--dim); font-size: 11.5px; }
.f a { color: inherit; text-decoration: none; }
.f a:hover { text-decoration: underline; }
.f b { font-weight: 400; border: 1px solid var(--line); border-radius: 4px; padding: 0 4px; margin-right: 6px; }
.gap { color: var(--dim); padding: 0 0 0 58px; }
.label { color: var(--accent); }
i { font-style: normal; } .kw { color: var(--kw); } .st { color: var(--st); } .nu { color: var(--nu); } .co { color: var(--co); } .di { color: var(--di); }
${Array.from({ length: 16 }, (_, i) => `.h${i} { --h: ${(i * 137) % 360}; }`).join(' ')}
@media (max-width: 900px) { body { height: auto; } main { display: block; } .column { max-height: 80vh; padding-bottom: 0; } }
@media print { body { height: auto; } main { display: block; } .column { overflow: visible; } .help { display: none; } }
`;

/** Rows that have a line of C in common light up together; the page is complete without it. */
export const script = `
(() => {
  const columns = [...document.querySelectorAll('.column')];
  const rowsOf = columns.map((column) => [...column.querySelectorAll('.r[data-k]')]);
  const all = rowsOf.flat();
  const keysOf = new Map(all.map((row) => [row, row.dataset.k.split(' ')]));
  let pinned;
  const paint = (row) => {
    const key = row === undefined ? undefined : keysOf.get(row)[0];
    const calls = new Set();
    for (const other of row === undefined ? [] : rowsOf[0].includes(row) ? all : [row]) {
      const [own, ...through] = keysOf.get(other);
      if (own === key) for (const call of through) calls.add(call);
    }
    for (const other of all) {
      const [own, ...through] = keysOf.get(other);
      other.classList.toggle('on', own === key);
      other.classList.toggle('via', own !== key && (through.includes(key) || (calls.has(own) && rowsOf[0].includes(other))));
    }
  };
  const reveal = (row) => {
    const column = row.closest('.column');
    const place = row.getBoundingClientRect(), frame = column.getBoundingClientRect();
    if (place.top < frame.top + 40 || place.bottom > frame.bottom - 10) {
      column.scrollTop += place.top - frame.top - frame.height / 3;
    }
  };
  const linked = (column) => rowsOf[column].find((row) => row.classList.contains('on'))
    ?? rowsOf[column].find((row) => row.classList.contains('via'));
  const pin = (row) => {
    pinned?.removeAttribute('aria-current');
    pinned = row;
    paint(row);
    if (row === undefined) return;
    for (const other of all) other.tabIndex = -1;
    row.tabIndex = 0;
    row.setAttribute('aria-current', 'true');
    row.focus({ preventScroll: true });
    reveal(row);
    columns.forEach((column, i) => {
      const other = linked(i);
      if (other !== undefined && !column.contains(row)) reveal(other);
    });
  };
  const rowAt = (event) => event.target instanceof Element ? event.target.closest('.r[data-k]') : null;
  document.addEventListener('mouseover', (event) => { if (pinned === undefined) paint(rowAt(event) ?? undefined); });
  document.addEventListener('click', (event) => {
    const row = rowAt(event);
    if (row === null) return;
    event.preventDefault();
    pin(row === pinned ? undefined : row);
  });
  const step = (by) => {
    const at = rowsOf.findIndex((rows) => rows.includes(pinned));
    const rows = rowsOf[Math.max(at, 0)];
    pin(rows[Math.min(Math.max(rows.indexOf(pinned) + by, 0), rows.length - 1)]);
  };
  const cross = (by) => {
    const at = rowsOf.findIndex((rows) => rows.includes(pinned)) + by;
    if (rowsOf[at] !== undefined && pinned !== undefined) pin(linked(at) ?? pinned);
  };
  const keys = {
    ArrowDown: () => step(1), j: () => step(1), ArrowUp: () => step(-1), k: () => step(-1),
    ArrowLeft: () => cross(-1), h: () => cross(-1), ArrowRight: () => cross(1), l: () => cross(1),
    Escape: () => pin(undefined),
  };
  document.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  if (all.length > 0) all[0].tabIndex = 0;
  document.querySelector('.help').hidden = false;
})();
`;

/** SHA-256 of {@link script}, which alone the page lets run; a test holds the two together. */
export const scriptHash = 'sha256-kVYi8pDRq1kxufhviRJ7FrXfrPZnpgKV7TBQtL5681A=';
