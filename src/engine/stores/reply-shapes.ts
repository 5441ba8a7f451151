import type { ReplyChecks } from "../internals/ioredis.js";
import { createReplyBounds } from "./reply-bounds.js";

/** What the client reads of replies without looking whether it is there. */
type Parts = readonly unknown[];

const SUBSCRIPTION = /^[ps]?(un)?subscribe$/;
const MESSAGE = /^[ps]?message$/;

const isNumber = (part: unknown, from: number, to: number): boolean =>
  Number.isInteger(part) && (part as number) >= from && (part as number) <= to;
const isText = (part: unknown): part is Buffer => part instanceof Buffer;

function isSubscription([kind, channel, count]: Parts): boolean {
  // Who ends a subscription that he does not have is told of none.
  const isChannel = isText(channel) || (channel === null && String(kind).includes("unsubscribe"));
  return isChannel && isNumber(count, 0, Number.MAX_SAFE_INTEGER);
}

const isMessage = ([kind, ...texts]: Parts): boolean =>
  texts.length === (String(kind) === "pmessage" ? 3 : 2) && texts.every(isText);

const isNode = (node: unknown): boolean =>
  Array.isArray(node) && (node[0] === null || isText(node[0])) && isNumber(node[1], 0, 65_535);

/** The client makes an entry for each slot of the range. */
const isSlotRange = (range: unknown): boolean =>
  Array.isArray(range) &&
  range.slice(0, 2).every((slot) => isNumber(slot, 0, 16_383)) &&
  range.length > 2 &&
  range.slice(2).every(isNode);

const isAddress = (parts: Parts): boolean =>
  parts.length === 2 &&
  parts.every(isText) &&
  /^\d{1,5}$/.test(String(parts[1])) &&
  Number(parts[1]) < 65_536;

/** @throws when it is something that Redis says unasked, or on a subscription, and not of its form. */
function checkPush(push: unknown): void {
  if (!Array.isArray(push) || !isText(push[0])) throw new Error("Redis said what is none of its messages");
  const kind = String(push[0]);
  const isWell = SUBSCRIPTION.test(kind) ? isSubscription(push) : !MESSAGE.test(kind) || isMessage(push);
  if (!isWell) throw new Error(`Redis said what is no ${kind}`);
}

/** @throws when a command has no such reply. Of commands that are not used all is allowed. */
function checkReply(command: string, args: Parts, reply: unknown): void {
  const isPart = Array.isArray(reply);
  const of = `${command} ${String(args[0])}`.toLowerCase();
  let isWell = true;
  if (SUBSCRIPTION.test(command)) checkPush(reply);
  else if (command === "info") isWell = isText(reply);
  else if (of === "cluster slots") isWell = isPart && reply.every(isSlotRange);
  else if (of === "sentinel get-master-addr-by-name") isWell = reply === null || (isPart && isAddress(reply));
  else if (command === "pubsub") isWell = isPart;
  if (!isWell) throw new Error(`Redis said what is no answer to ${command.toUpperCase()}`);
}

/** @throws when a refusal names another node, and it cannot be found in it. */
function checkRefusal({ message }: Error): void {
  if (/^(MOVED|ASK)\b/.test(message) && !/^\w+ \d{1,5} \S*:\d{1,5}$/.test(message))
    throw new Error("Redis sent elsewhere and did not say where");
}

/** All that is looked at. What it lets through is no more true for that. */
export const REPLY_CHECKS: ReplyChecks = {
  bytes: createReplyBounds,
  push: checkPush,
  reply: checkReply,
  refusal: checkRefusal,
};
