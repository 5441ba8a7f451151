import { execFile } from "node:child_process";
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "../../tools/shared/ports.js";
import { writeNginxFiles } from "../../tools/stack/nginx-files.js";
import { PROJECT } from "../support/readme.js";
import { tempDir } from "../support/temp-dir.js";

const SOURCE = join(PROJECT, "nginx");
const INSTANCES = ["127.0.0.1:3001", "127.0.0.1:3002", "127.0.0.1:3003"];

const unused = async (): Promise<number> => (await freePorts(1))[0] ?? 0;

async function written(): Promise<string> {
  const directory = await tempDir("nginx");
  writeNginxFiles({ source: SOURCE, directory, listen: `127.0.0.1:${await unused()}`, instances: INSTANCES });
  return directory;
}

/** What `nginx -t` says. */
async function check(directory: string): Promise<string> {
  const args = ["-e", "stderr", "-p", directory, "-c", join(directory, "nginx.conf"), "-t"];
  const { stderr } = await promisify(execFile)("nginx", args).catch((error: { stderr: string }) => error);
  return stderr;
}

async function textOf(directory: string): Promise<string> {
  const names = (await readdir(directory, { recursive: true }))
    .filter((name) => name.endsWith(".conf"))
    .sort();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  return texts.join("\n");
}

test("nginx accepts the files without a warning", async () => {
  const said = await check(await written());

  expect(said).toContain("test is successful");
  expect(said).not.toMatch(/\[(warn|error|alert|emerg)\]/);
});

test("nginx's own check would find a mistake", async () => {
  const directory = await written();
  await appendFile(join(directory, "snippets", "proxy.conf"), "proxy_set_headr A b;\n");

  await expect(check(directory)).resolves.toContain("proxy_set_headr");
});

test("the files hold nothing that one of the supported versions does not know", async () => {
  const text = (await textOf(SOURCE)).replace(/#.*/g, "");

  // New since 1.22, or gone or deprecated by 1.30.
  expect(text).not.toMatch(/\b(http2 |http3|sticky |keepalive 0|resolve;|keepalive_min_timeout|ssl on)/);
  // What a map gives must not be sent as a constant, which with 1.29.7 keeps connections for many sessions.
  expect(text).not.toMatch(/Connection "?upgrade/);
});

test("the files are changed for a place of their own in addresses and paths only", async () => {
  const [shipped, changed] = [await textOf(SOURCE), await textOf(await written())];
  const isPlace = (line: string) => !/^\s*(server |listen |pid |\w+_temp_path |access_log \/)/.test(line);
  const rest = (text: string) => text.split("\n").filter(isPlace);

  expect(rest(changed)).toEqual(rest(shipped));
  for (const address of INSTANCES) expect(changed.split(`server ${address} max_fails=0;`)).toHaveLength(4);
  expect(changed).not.toMatch(/app[12]:3000|(?<!\S)\/tmp\/(nginx\.pid|proxy)|\/dev\/stdout/);
});

test("the TLS snippet is accepted with a certificate", async () => {
  const directory = await written();
  const [key, certificate] = [join(directory, "tls.key"), join(directory, "tls.crt")];
  const selfSigned = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await promisify(execFile)("openssl", [
    ...[...selfSigned, "-keyout", key, "-out", certificate],
    ...["-subj", "/CN=localhost", "-days", "2"],
  ]);
  const server = join(directory, "conf.d", "realtime.conf");
  const snippet = join(directory, "snippets", "tls.conf");
  await writeFile(server, (await readFile(server, "utf8")).replace("# include snippets", "include snippets"));
  const tls = (await readFile(snippet, "utf8")).replaceAll("/etc/nginx/tls", directory);
  await writeFile(snippet, tls.replace("listen 8443", `listen 127.0.0.1:${await unused()}`));

  const said = await check(directory);

  expect(said).toContain("test is successful");
  expect(said).not.toMatch(/\[(warn|error|alert|emerg)\]/);
});
