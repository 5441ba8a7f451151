import { feature } from "../../contract/feature.js";

/**
 * Who may do what in a room: everybody everything, until your application says otherwise. The rule is asked before each operation, over
 * Socket.IO and HTTP alike; it refuses with `throw new AppError("forbidden")`.
 */
export const access = feature("access", {
  create: () => ({
    rule: (_user, _asked) => {},
  }),
});
