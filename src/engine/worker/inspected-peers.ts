import { request } from "node:http";
import type { Config } from "../config/config.js";
import { createPeer } from "../routing/peers/peer.js";
import { createRelayProof, RELAYED_HEADER } from "../routing/worker/relay-proof.js";

/** Of the form of an instance's key, and nobody's: who refuses this proof names no instance in its log. */
const NOBODY = "--doctor";

/** What an instance says to a request that another one passes on. */
export type PeerAnswer = "believed" | "refused" | { readonly unreachable: string };

/**
 * Passes on a request for a session that there is not, as an instance with this configuration would. One with other secrets, or another
 * clock, refuses it before it looks for the session. How long to wait is up to the caller, by the signal. Never rejects.
 */
export function askPeer({ relaySecrets }: Config, url: string, signal: AbortSignal): Promise<PeerAnswer> {
  if (!URL.canParse(url)) return Promise.resolve({ unreachable: "its PEER_URL is none" });
  const { address } = createPeer(NOBODY, url);
  const target = `/socket.io/?EIO=4&transport=polling&sid=doctor.${NOBODY}`;
  const forwarded = { forwardedFor: "127.0.0.1", forwardedProto: "http" };
  const proof = createRelayProof(NOBODY, relaySecrets);
  const headers = {
    "X-Forwarded-For": forwarded.forwardedFor,
    "X-Forwarded-Proto": forwarded.forwardedProto,
    [RELAYED_HEADER]: proof.make({ method: "GET", target, ...forwarded }),
  };
  return new Promise((resolve) => {
    request({ ...address, path: target, headers, agent: false, signal })
      .on("error", ({ message, ...error }: NodeJS.ErrnoException) =>
        resolve({ unreachable: error.code === "ABORT_ERR" ? "no answer in time" : message }),
      )
      .on("response", (answer) => {
        resolve(RELAYED_HEADER.toLowerCase() in answer.headers ? "refused" : "believed");
        answer.destroy();
      })
      .end();
  });
}
