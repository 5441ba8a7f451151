import { boundedJson } from "../../contract/bounded-json.js";
import type { InputLimits } from "../../contract/feature.js";
import type { Config } from "../config/config.js";

/** Bounds of what clients may send, as they are configured. */
export function inputLimitsOf({ limits, rooms }: Pick<Config, "limits" | "rooms">): InputLimits {
  const { publishMessages, pageMessages } = rooms;
  return {
    body: boundedJson(limits.messageBytes).meta({ id: "MessageBody", examples: ["hello"] }),
    bodyBytes: limits.messageBytes,
    publishMessages,
    pageMessages,
  };
}
