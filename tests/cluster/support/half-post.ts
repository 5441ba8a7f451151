import { openRaw, type RawConnection } from "./raw-connection.js";

/** A `POST /hello` of which the server has the header and half of the body: an open request. */
export interface HalfPost extends RawConnection {
  /** Sends the other half and waits for the answer. @throws when it is not the right one. */
  finish(): Promise<void>;
}

/** Opens one. With no other traffic, several in a row go to one worker each. */
export async function openHalfPost(url: string): Promise<HalfPost> {
  const body = JSON.stringify({ name: "Ada" });
  const head = "POST /hello HTTP/1.1\r\nHost: shoal\r\nContent-Type: application/json\r\n";
  const connection = await openRaw(url);
  connection.socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`);

  async function finish(): Promise<void> {
    connection.socket.write(body.slice(5));
    const answer = await connection.receive(/^HTTP\/1.1 \d+ [\s\S]*}/);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain("Hello, Ada");
  }

  return { ...connection, finish };
}
