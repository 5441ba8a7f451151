import type { FuzzCase } from "../case.js";
import { callRoute } from "./call-route.js";
import { sendHttp } from "./send-http.js";
import { talkPolling } from "./talk-polling.js";
import { talkWebSocket } from "./talk-websocket.js";
import type { Target } from "./target.js";

/** Sends a case, and has all judged that comes back. Never rejects. */
export async function drive(one: FuzzCase, target: Target): Promise<void> {
  const { kind, way } = one;
  try {
    target.verdict.count(`${kind} ${await send(way, target)}`);
  } catch (error) {
    target.verdict.complain(`could not be judged: ${error instanceof Error ? error.stack : error}`);
  }
}

/** Resolves with how it ended. */
function send(way: FuzzCase["way"], target: Target): Promise<string> {
  switch (way.via) {
    case "http":
      return sendHttp(way, target);
    case "route":
      return callRoute(way, target);
    case "websocket":
      return talkWebSocket(way, target);
    default:
      return talkPolling(way, target);
  }
}
