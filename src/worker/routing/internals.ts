import { createServer } from "node:http";
import { Socket } from "node:net";
import { connectionsOf, isAnswering, superviseConnections, watchRequests } from "./http-connection.js";

/**
 * What `ROUTING=forward` uses beyond documented interfaces and does not find here, by name; none with the versions that
 * the project is locked to. Without them requests would be lost, and connections of killed workers stay open.
 */
export function missingForForward(): string[] {
  const checks: [string, boolean][] = [
    ["net.Socket _handle.readStop", canStopReading()],
    ["node:http parser of a connection", canLeaveHttp()],
    ["child_process _pendingMessage", "_pendingMessage" in process], // this end has the same class as the primary's
  ];
  return checks.flatMap(([name, isThere]) => (isThere ? [] : [name]));
}

/** Tries it: one request comes as usual, the next one leaves with what there is of its body. */
function canLeaveHttp(): boolean {
  const seen: unknown[] = [];
  const probe = new Socket();
  const look = (): void => void seen.push(isAnswering(probe), connectionsOf(httpServer).get(probe));
  const httpServer = createServer(look);
  httpServer.on("upgrade", (_request, socket, head) => {
    seen.push(socket === probe, head.toString(), connectionsOf(httpServer).size);
  });
  superviseConnections(httpServer);
  try {
    httpServer.emit("connection", probe);
    watchRequests(probe, ({ method }) => method === "POST");
    look();
    probe.emit("data", Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    look();
    probe.emit("data", Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"));
  } catch {
    return false;
  } finally {
    probe.destroy();
    httpServer.close();
  }
  return seen.join() === [false, false, true, false, true, true, true, "half", 0].join();
}

function canStopReading(): boolean {
  const probe = new Socket();
  probe.connect({ host: "127.0.0.1", port: 9 }); // makes the handle at once, but would connect only in the next turn
  const { _handle: handle } = probe as Socket & { readonly _handle?: { readonly readStop?: unknown } | null };
  probe.destroy();
  return typeof handle?.readStop === "function";
}
