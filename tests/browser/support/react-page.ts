import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { openTab, type Tab } from "../../support/browser.js";
import { PROJECT } from "../../support/readme.js";

/** React has no form that browsers load: these are its files, and what each is called by the others. */
const FILES = {
  react: "react/cjs/react.development.js",
  scheduler: "scheduler/cjs/scheduler.development.js",
  "react-dom": "react-dom/cjs/react-dom.development.js",
  "react-dom/client": "react-dom/cjs/react-dom-client.development.js",
};
const require = createRequire(join(PROJECT, "package.json"));
const FOLDER = "/of-the-test";

const modules = (): string => {
  const bodies = Object.entries(FILES).map(([name, file]) => {
    const code = readFileSync(join(PROJECT, "node_modules", file), "utf8");
    return `${JSON.stringify(name)}(module, exports, require, process) {\n${code}\n}`;
  });
  return `const process = { env: { NODE_ENV: "development" } };
    const made = {};
    const modules = {${bodies.join(",\n")}};
    export function load(name) {
      if (made[name] === undefined) {
        made[name] = { exports: {} };
        modules[name](made[name], made[name].exports, load, process);
      }
      return made[name].exports;
    }`;
};

function wrapped(name: string): string {
  const names = Object.keys(require(name) as object).filter((one) => /^[A-Za-z]\w*$/.test(one));
  return `import { load } from "${FOLDER}/modules.js";
    const all = load("${name}");
    export const { ${names.join(", ")} } = all;`;
}

/** A page of the service's origin with React, a client of this user, and components that tell what they show. */
export async function openReact(person: BrowserContext, url: string, user: string): Promise<Tab> {
  const files: Record<string, () => string> = {
    "/modules.js": modules,
    "/react.js": () => wrapped("react"),
    "/react-dom-client.js": () => wrapped("react-dom/client"),
  };
  await person.route(
    (address) => address.pathname.startsWith(`${FOLDER}/`),
    async (route) => {
      const body = files[new URL(route.request().url()).pathname.slice(FOLDER.length)]?.();
      await (body === undefined ? route.abort() : route.fulfill({ contentType: "text/javascript", body }));
    },
  );
  // As bundlers and import maps do, which the policy of these pages does not allow.
  await person.route(
    (address) => address.pathname === "/client/react/index.js",
    async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('from "react"', `from "${FOLDER}/react.js"`);
      await route.fulfill({ response, body });
    },
  );
  const tab = await openTab(person, `${url}/hello`);
  await tab.page.evaluate(`(async () => {
    const React = await import("${FOLDER}/react.js");
    const { createRoot } = await import("${FOLDER}/react-dom-client.js");
    const { createClient } = await import("/client/index.js");
    const shoal = await import("/client/react/index.js");
    const { io } = await import("/socket.io/socket.io.esm.min.js");
    const sent = [];
    const become = (user) => {
      globalThis.client = createClient({ io, user });
      client.socket.onAnyOutgoing((event) => sent.push(event));
    };
    become(${JSON.stringify(user)});
    const root = createRoot(document.body);
    const render = (...components) => root.render(
      React.createElement(React.StrictMode, null,
        React.createElement(shoal.ShoalProvider, { client }, ...components.map((one, key) => React.createElement(one, { key })))));
    Object.assign(globalThis, { React, shoal, become, sent, root, render });
  })()`);
  return tab;
}
