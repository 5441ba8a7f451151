import { feature } from "../../contract/feature.js";
import { keyRoute } from "./keys.js";
import { publishRoutes } from "./publishing.js";
import { noticeOf, relayRoute } from "./relaying.js";
import { roomRoutes } from "./rooms.js";
import { userRoutes } from "./users.js";

/** What servers of the application may do, with a key: see docs/server-api.md. */
export const serverApi = feature("server-api", {
  create(engine) {
    const notice = noticeOf(engine.limits);
    return {
      emits: [notice],
      routes: [
        keyRoute(),
        ...publishRoutes(engine),
        relayRoute(engine, notice),
        ...roomRoutes(engine),
        ...userRoutes(engine),
      ],
    };
  },
});
