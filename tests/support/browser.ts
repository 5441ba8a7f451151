import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { onEnd } from "./cleanup.js";
import { PROJECT } from "./readme.js";
import { tempDir } from "./temp-dir.js";

/** A page, and what it complained of. */
export interface Tab {
  readonly page: Page;
  /** Errors on the console, uncaught exceptions, violations of the content security policy, and dialogs. */
  readonly complaints: readonly string[];
}

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// Playwright counts by the clock: these are for what hangs, and long enough for a busy machine.
const START_WITHIN_MS = 120_000;
/** Of one step on a page. */
const STEP_WITHIN_MS = 60_000;

/** A violation is a console error too, but not in every version, and not for every directive. */
const TELL_VIOLATIONS = `document.addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI))`;

/** The system's Chromium or Chrome, headless, with a profile of its own. Ends by itself. */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch(launchOptions());
  onEnd(() => browser.close());
  return browser;
}

/** A person who lets pages keep nothing: no cookies, no storage, no locks. With a browser of their own, which ends by itself. */
export async function startForgetfulPerson(): Promise<BrowserContext> {
  const profile = await tempDir("profile");
  await mkdir(join(profile, "Default"));
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(settings));
  const context = await chromium.launchPersistentContext(profile, { ...launchOptions(), locale: "en-US" });
  context.setDefaultTimeout(STEP_WITHIN_MS);
  onEnd(() => context.close());
  return context;
}

const launchOptions = () => ({
  executablePath: chromiumPath(),
  args: FLAGS,
  // As root, and in most containers, it has none.
  chromiumSandbox: false,
  timeout: START_WITHIN_MS,
});

/** A person with a browser of their own: nothing stored is shared with others. Ends by itself. */
export async function newPerson(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: "en-US" });
  context.setDefaultTimeout(STEP_WITHIN_MS);
  await context.addInitScript(TELL_VIOLATIONS);
  onEnd(() => context.close());
  return context;
}

/** Opens an address in a new tab of a person. */
export async function openTab(person: BrowserContext, url: string): Promise<Tab> {
  const page = await person.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints };
}

function chromiumPath(): string {
  const file = join(PROJECT, "scripts", "setup", "chromium-programs.json");
  const programs = JSON.parse(readFileSync(file, "utf8")) as string[];
  for (const program of programs) {
    const path = isAbsolute(program)
      ? program
      : spawnSync("which", [program], { encoding: "utf8" }).stdout.trim();
    if (path !== "" && spawnSync(path, ["--version"]).status === 0) return path;
  }
  throw new Error("there is no Chromium; npm test installs it, or says how");
}
