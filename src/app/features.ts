import type { Feature } from "../contract/feature.js";
import { access } from "./access/access.feature.js";
import { authentication } from "./authentication/authentication.feature.js";
import { connections } from "./connections/connections.feature.js";
import { docs } from "./docs/docs.feature.js";
import { health } from "./health/health.feature.js";
import { hello } from "./hello/hello.feature.js";
import { instances } from "./instances/instances.feature.js";
import { presence } from "./presence/presence.feature.js";
import { reads } from "./reads/reads.feature.js";
import { relay } from "./relay/relay.feature.js";
import { revocations } from "./revocations/revocations.feature.js";
import { rooms } from "./rooms/rooms.feature.js";
import { serverApi } from "./server-api/server-api.feature.js";

/** What this backend does. A new feature is a folder and a line here. */
export const features: readonly Feature[] = [
  access,
  authentication,
  connections,
  docs,
  health,
  hello,
  instances,
  presence,
  reads,
  relay,
  revocations,
  rooms,
  serverApi,
];
