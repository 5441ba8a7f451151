import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import {
  CancellationTokenSource,
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { inProject } from "../setup/project.mjs";

const PROGRAM = inProject("node_modules", "typescript", "bin", "tsc");
/** Of the protocol: https://microsoft.github.io/language-server-protocol/ */
const CHANGE_TYPES = { created: 1, changed: 2, deleted: 3 };
/** Errors, and warnings, by which it tells what tsc has as errors of style: a variable that is not used. Below these are hints. */
const MILDEST = 2;

/**
 * The compiler as editors use it: it keeps the project in memory, so that a look at one file takes no longer than that file and what it
 * uses. It reads files itself when it is told that they are other. It ends with this process, whose end closes its input.
 * Rejects what is asked of it when it has ended.
 */
export function launchLanguageServer(onEnd) {
  const child = spawn(process.execPath, [PROGRAM, "--lsp", "--stdio"], {
    cwd: inProject(),
    stdio: ["pipe", "pipe", "ignore"],
    // Out of the terminal's reach: Ctrl-C is for the one that has started it.
    detached: process.platform !== "win32",
  });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  child.stdin.on("error", () => {}); // its end tells
  connection.onError(() => {});
  connection.onUnhandledNotification(() => {});
  // It asks for settings, and to be told of changes of files, which it is in any case.
  connection.onRequest("workspace/configuration", ({ items }) => items.map(() => null));
  connection.onRequest("client/registerCapability", () => null);
  connection.onRequest("client/unregisterCapability", () => null);
  const end = () => {
    connection.dispose(); // which rejects what is open
    onEnd();
  };
  child.once("error", end);
  child.once("exit", end);
  connection.listen();

  let cancelled = new CancellationTokenSource();
  const ready = greet();
  ready.catch(() => {}); // what is asked later rejects

  async function greet() {
    const watching = { didChangeWatchedFiles: { dynamicRegistration: true } };
    await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: uriOf("."),
      capabilities: { workspace: watching, textDocument: { diagnostic: {} } },
    });
    await connection.sendNotification("initialized", {});
  }

  /** Takes note of files, as paths from the project's folder with what became of them. */
  async function tell(changes) {
    await ready;
    const all = changes.map(({ file, became }) => ({ uri: uriOf(file), type: CHANGE_TYPES[became] }));
    await connection.sendNotification("workspace/didChangeWatchedFiles", { changes: all });
  }

  /** @returns {Promise<string[]>} what is wrong in this file, as tsc tells it */
  async function errorsIn(file) {
    await ready;
    const asked = { textDocument: { uri: uriOf(file) } };
    const { items } = await connection.sendRequest("textDocument/diagnostic", asked, cancelled.token);
    return items.filter(({ severity }) => severity <= MILDEST).map((item) => shown(file, item));
  }

  /** Gives up what was asked; it rejects. */
  function cancel() {
    cancelled.cancel();
    cancelled = new CancellationTokenSource();
  }

  return { tell, errorsIn, cancel, stop: () => child.stdin.end() };
}

function uriOf(file) {
  return pathToFileURL(inProject(file)).href;
}

function shown(file, { range, code, message }) {
  return `${file}:${range.start.line + 1}:${range.start.character + 1} - error TS${code}: ${message}\n`;
}
