/** What this report adds to the style of all. */
export const STYLE = `
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: flex-start; gap: 8px 24px; margin-bottom: 20px; }
header div p { margin: 4px 0 0; color: var(--dim); }
header > p { margin: 2px 0; padding: 3px 14px; border: 1px solid; border-radius: 99px; font-weight: 600; }
ul.bad, ul.note { margin: 0 0 20px; padding: 10px 16px 10px 32px; border-left: 4px solid; background: var(--card); border-radius: 4px; }
ul.note { border-color: var(--b); }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
figcaption i { width: 16px; height: 3px; vertical-align: middle; background: var(--a); }
figcaption i.b { background: var(--b); }
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
table { border-collapse: separate; border-spacing: 0; padding: 6px 16px 10px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
caption { padding: 10px 0 4px; text-align: left; font-weight: 600; }
th, td { padding: 5px 0; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
th { width: 32%; padding-right: 20px; }
`;
