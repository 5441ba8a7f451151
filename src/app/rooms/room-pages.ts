import type { z } from "zod";
import type { Engine } from "../../contract/feature.js";
import type { Subscription } from "../../contract/types.js";
import type { pageQuery, pageReply } from "./rooms.schemas.js";

/** A page of a room that nobody has used. Reading does not make one. */
const NEVER_USED = { epoch: null, after: 0, to: 0, messages: [] };

/** Reads a page of a room over HTTP, for users and for keys alike: onwards, or backwards with `before`. */
export async function pageOf(
  { rooms, limits }: Pick<Engine, "rooms" | "limits">,
  room: string,
  { after = 0, before, epoch, limit }: z.output<typeof pageQuery>,
): Promise<z.input<typeof pageReply>> {
  if (before !== undefined) {
    const page = await rooms.scrollBack({ room, before, limit });
    return { room, ...(page ?? { ...NEVER_USED, more: false }) };
  }
  const page = await rooms.read({ room, after, epoch, limit });
  if (page !== undefined) {
    return { room, ...cut(page, Math.min(limit ?? limits.pageMessages, limits.pageMessages)) };
  }
  return epoch === undefined
    ? { room, ...NEVER_USED, live: true }
    : { room, reset: true as const, epoch: null, floor: 0, to: 0 };
}

/** A page for a socket may carry more than was asked for, up to the live events; here the limit is one. */
function cut(page: Subscription, limit: number): Subscription {
  if ("reset" in page || page.messages.length <= limit) return page;
  const messages = page.messages.slice(0, limit);
  return { ...page, messages, to: messages.at(-1)?.seq ?? page.after, live: false };
}
