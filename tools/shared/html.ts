/** What a report is made of; `body` is HTML, `style` comes after what all reports share. */
export interface Page {
  readonly title: string;
  readonly style: string;
  readonly body: string;
}

/** Colours, type and figures of every report. The tones differ for the colour-blind, too, and stand out on both grounds. */
const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #ffffff; --ink: #16202c; --dim: #5b6675; --rule: #dfe3e8; --a: #1f6feb; --b: #c2410c; --c: #8a94a3; --d: #7c5cbf; --ok: #15803d; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f141a; --card: #171e26; --ink: #e6ebf1; --dim: #97a3b2; --rule: #2b3540; --a: #5aa2ff; --b: #ff9a5c; --c: #7d8896; --d: #b79cf0; --ok: #4ade80; --bad: #f87171; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1360px; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 24px; line-height: 1.25; overflow-wrap: anywhere; }
.ok { color: var(--ok); } .bad { color: var(--bad); }
figure { margin: 0; padding: 14px 16px 10px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 8px; margin-bottom: 8px; }
figcaption span { color: var(--dim); font-size: 13px; }
figcaption ul { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0 0 0 auto; padding: 0; list-style: none; font-size: 13px; }
figcaption i { display: inline-block; margin-right: 6px; border-radius: 2px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--dim); font-size: 12px; font-variant-numeric: tabular-nums; }
table { width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; }
th { font-weight: 400; color: var(--dim); }
`;

/** One HTML file that needs nothing from elsewhere, in light and dark. */
export function htmlPage({ title, style, body }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Text that is safe inside HTML and its attributes. */
export function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? "");
}
