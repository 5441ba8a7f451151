/** Another list of files is another version: the caches of those before are deleted. */
const VERSION = "shoal-page-1";
/** What the page is made of, and nothing else: what is not in here goes to the network as if this worker were not there. */
const SHELL = [
  "/",
  "/style.css",
  "/favicon.svg",
  "/app.js",
  "/colours.js",
  "/composer.js",
  "/connection.js",
  "/conversation.js",
  "/identity.js",
  "/message-item.js",
  "/message-list.js",
  "/offline.js",
  "/outbox.js",
  "/people.js",
  "/proof.js",
  "/room.js",
  "/rooms.js",
  "/scroll.js",
  "/status.js",
  "/storage.js",
  "/token.js",
  "/typing.js",
  "/client/index.js",
  "/client/api.js",
  "/client/contract.js",
  "/client/kit/client-types.js",
  "/client/kit/client.js",
  "/client/kit/connection.js",
  "/client/kit/item.js",
  "/client/kit/kept-outbox.js",
  "/client/kit/page-events.js",
  "/client/kit/pending.js",
  "/client/kit/senders.js",
  "/client/kit/signal.js",
  "/client/kit/writer.js",
  "/client/lane.js",
  "/client/outbox.js",
  "/client/protocol.js",
  "/client/room-client.js",
  "/client/server-limits.js",
  "/client/sign-in.js",
  "/client/stores/memory.js",
  "/client/stores/store.js",
  "/socket.io/socket.io.esm.min.js",
];

/** All files or none, so that those of two versions are not mixed. Each is asked for again, which costs little when it is the same. */
async function precache() {
  const cache = await caches.open(VERSION);
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "no-cache" })));
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== VERSION).map((name) => caches.delete(name)));
}

/** What the server has is better than what was kept. */
async function networkFirst(event) {
  try {
    const response = await fetch(event.request);
    if (event.request.mode === "navigate" && response.ok) event.waitUntil(precache().catch(() => {}));
    return response;
  } catch (error) {
    const kept = await caches.match(new URL(event.request.url).pathname, { cacheName: VERSION });
    if (kept === undefined) throw error;
    return kept;
  }
}

addEventListener("install", (event) => event.waitUntil(precache().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("message", ({ data }) => data === "forget" && caches.delete(VERSION));
addEventListener("fetch", (event) => {
  const { origin, pathname, search } = new URL(event.request.url);
  const isShell = origin === location.origin && search === "" && SHELL.includes(pathname);
  if (isShell && event.request.method === "GET") event.respondWith(networkFirst(event));
});
