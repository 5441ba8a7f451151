import { z } from "zod";
import { anyone } from "../../contract/access.js";
import { asyncapi } from "../../contract/asyncapi.js";
import { feature } from "../../contract/feature.js";
import { openapi } from "../../contract/openapi.js";
import { route } from "../../contract/route.js";

const MOST_BYTES = 16_777_216;

function documentOf(kind: string) {
  return z
    .custom<object>((value) => typeof value === "object" && value !== null)
    .meta({ description: `A document of ${kind}, which has a schema of its own`, "x-max-bytes": MOST_BYTES });
}

/** The API's own description: made of what all features declare, and served unless API_DOCS says otherwise. */
export const docs = feature("docs", {
  create({ api }) {
    if (!api.isShown) return {};
    return {
      routes: [
        route(
          "GET",
          "/openapi.json",
          {
            summary: "Tells all routes, with their parameters, bodies, replies and errors.",
            access: anyone,
            reply: documentOf("OpenAPI 3.1"),
          },
          once(() => openapi(api.declared())),
        ),
        route(
          "GET",
          "/asyncapi.json",
          {
            summary: "Tells all events of Socket.IO, with their payloads, acknowledgements and errors.",
            access: anyone,
            reply: documentOf("AsyncAPI 3.0"),
          },
          once(() => asyncapi(api.declared())),
        ),
      ],
    };
  },
});

/** Made when it is first asked for, as most processes never are. */
function once(make: () => object): () => object {
  let made: object | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
