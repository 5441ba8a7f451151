import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { tempDir } from "./temp-dir.js";

/** Files of a private authority, and of one certificate from it for 127.0.0.1 and localhost, for servers and clients. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes them anew, valid for a day. @throws when openssl is missing. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = await tempDir("certificates");
  const at = (name: string): string => join(dir, name);
  await writeFile(at("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  await openssl(
    "req",
    "-x509",
    ...KEY,
    "-days",
    "1",
    "-subj",
    "/CN=ca",
    ...["-keyout", at("ca.key"), "-out", at("ca")],
  );
  await openssl("req", ...KEY, "-subj", "/CN=localhost", ...["-keyout", at("key"), "-out", at("request")]);
  const issuer = ["-CA", at("ca"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "1"];
  await openssl(
    "x509",
    "-req",
    "-in",
    at("request"),
    ...issuer,
    ...["-extfile", at("names"), "-out", at("cert")],
  );
  return { ca: at("ca"), cert: at("cert"), key: at("key") };
}

async function openssl(...words: string[]): Promise<void> {
  await promisify(execFile)("openssl", words).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
    const reason =
      error.code === "ENOENT" ? "it is not installed; run: apt-get install openssl" : error.stderr;
    throw new Error(`openssl ${words[0]}: ${reason}`, { cause: error });
  });
}

/** Options of a redis-server that also speaks TLS at this port, with these. `clients`: whether it asks clients for a certificate. */
export function tlsArgs(
  port: number,
  { ca, cert, key }: Certificates,
  clients: "yes" | "no" = "no",
): string[] {
  const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca];
  return ["--tls-port", String(port), ...files, "--tls-auth-clients", clients];
}
