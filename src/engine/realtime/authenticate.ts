import { z } from "zod";
import { boundedJson } from "../../contract/bounded-json.js";
import { AppError } from "../../contract/errors.js";
import { parse } from "../../contract/validation.js";
import type { Authenticator } from "../trust/authenticator.js";
import type { IoSocket } from "./io.js";

type Authenticate = (socket: IoSocket, next: (error?: Error) => void) => void;

/**
 * Says who a connection speaks for, before it is accepted. `auth` is refused when it is larger than `authBytes` as JSON, and let
 * go afterwards: a connection would keep it for life. What cannot be decided now closes the transport, so that the client repeats it.
 * `refused` hears of each that is not let in.
 */
export function createAuthenticate(
  authenticator: Pick<Authenticator, "ofHandshake">,
  authBytes: number,
  refused: (socket: IoSocket, code: string) => void,
): Authenticate {
  const handshake = z.object({ auth: boundedJson(authBytes) });

  async function admit(socket: IoSocket): Promise<void> {
    const { auth } = socket.handshake;
    try {
      parse(handshake, socket.handshake);
    } finally {
      socket.handshake.auth = {};
    }
    socket.data.passport = await authenticator.ofHandshake(auth, socket.id, socket.request);
  }

  return (socket, next) => {
    admit(socket).then(
      () => next(),
      (error: unknown) => {
        // After a refusal clients stay away. When the transport closes they come again, which is what helps here.
        if (error instanceof AppError && error.body.temporary) socket.conn.close();
        refused(socket, error instanceof AppError ? error.code : "internal");
        next(refusalOf(error));
      },
    );
  };
}

/** As a client gets it with `connect_error`: the same body as over HTTP is its `data`. */
export function refusalOf(error: unknown): Error {
  const refusal = error instanceof AppError ? error : new AppError("internal");
  return Object.assign(new Error(refusal.message), { data: refusal.body });
}
