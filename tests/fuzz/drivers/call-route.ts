import type { RouteCall } from "../case.js";
import type { Material } from "../material.js";
import { exchange } from "./exchange.js";
import type { Target } from "./target.js";

/** An answer is late after this time, in milliseconds; only a server that hangs takes so long. */
const LATE_MS = 30_000;

/** Sends a proper request, and holds its answer against the document. */
export async function callRoute(way: RouteCall, target: Target): Promise<string> {
  const { url, from, material, judge, verdict } = target;
  const { method, target: path, headers, body } = way;
  const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
  const options = {
    host: url.hostname,
    port: url.port,
    method,
    path,
    localAddress: from,
    agent: false,
  };
  const what = `${method} ${path.slice(0, 200)}`;
  const answer = await exchange({ ...options, headers: { ...headers, ...length } }, body, LATE_MS).catch(
    String,
  );
  if (typeof answer === "string") {
    verdict.complain(`${what}: ${answer}`);
    return "no answer";
  }
  const { status, text } = answer;
  judge.status(status);
  const problem = problemWith(material, way, status, text);
  if (problem === undefined) judge.body(JSON.parse(text));
  else verdict.complain(`${what}: ${status}, ${problem}: ${text.slice(0, 300)}`);
  return "answered";
}

function problemWith(material: Material, way: RouteCall, status: number, text: string): string | undefined {
  try {
    return material.routes[way.route]?.judgeAnswer(status, JSON.parse(text));
  } catch (error) {
    return `no JSON, ${error}`;
  }
}
