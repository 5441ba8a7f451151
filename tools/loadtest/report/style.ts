/** The report's style sheet. The two tones differ for the colour-blind, too, and stand out on both grounds. */
export const STYLE = `
:root { --ground: #f6f7f9; --card: #ffffff; --ink: #16202c; --dim: #5b6675; --rule: #dfe3e8; --a: #1f6feb; --b: #c2410c; --ok: #15803d; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f141a; --card: #171e26; --ink: #e6ebf1; --dim: #97a3b2; --rule: #2b3540; --a: #5aa2ff; --b: #ff9a5c; --ok: #4ade80; --bad: #f87171; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1360px; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: flex-start; gap: 8px 24px; margin-bottom: 20px; }
h1 { margin: 0; font-size: 24px; line-height: 1.25; overflow-wrap: anywhere; }
header div p { margin: 4px 0 0; color: var(--dim); }
header > p { margin: 2px 0; padding: 3px 14px; border: 1px solid; border-radius: 99px; font-weight: 600; }
.ok { color: var(--ok); }
.bad { color: var(--bad); }
ul.bad, ul.note { margin: 0 0 20px; padding: 10px 16px 10px 32px; border-left: 4px solid; background: var(--card); border-radius: 4px; }
ul.note { border-color: var(--b); }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
figure, table { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
figure { padding: 14px 16px 10px; }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 8px; margin-bottom: 6px; }
figcaption span { color: var(--dim); font-size: 13px; }
figcaption ul { display: flex; gap: 14px; margin: 0 0 0 auto; padding: 0; list-style: none; font-size: 13px; }
figcaption i { display: inline-block; width: 16px; height: 3px; margin-right: 6px; vertical-align: middle; border-radius: 2px; background: var(--a); }
figcaption i.b { background: var(--b); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--dim); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--rule); }
svg .axis { stroke: var(--dim); }
svg line.phase { stroke: var(--dim); stroke-dasharray: 3 3; opacity: 0.7; }
svg path { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg path.a { stroke: var(--a); }
svg path.b { stroke: var(--b); }
svg .bar { fill: var(--a); }
svg .spot { fill: transparent; }
svg .spot:hover { fill: var(--dim); fill-opacity: 0.12; }
section { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; margin-top: 16px; align-items: start; }
table { width: 100%; border-collapse: separate; border-spacing: 0; padding: 6px 16px 10px; }
caption { padding: 10px 0 4px; text-align: left; font-weight: 600; }
th, td { padding: 5px 0; text-align: left; vertical-align: top; border-top: 1px solid var(--rule); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
th { width: 32%; padding-right: 20px; font-weight: 400; color: var(--dim); }
`;
