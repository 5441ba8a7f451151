import { AppError, ERRORS, type ErrorCode } from "../../src/contract/errors.js";

const codes = Object.keys(ERRORS) as ErrorCode[];

describe("the errors that clients are told", () => {
  test.each(codes)("%s has the status of a client's or of a server's error", (code) => {
    expect(ERRORS[code].status).toBeGreaterThanOrEqual(400);
    expect(ERRORS[code].status).toBeLessThan(600);
  });

  test.each(codes)("%s is temporary exactly if its status says to come back later", (code) => {
    expect(ERRORS[code].temporary).toBe([429, 503].includes(ERRORS[code].status));
  });

  test.each(codes)("%s has a message in the form of a sentence without its end", (code) => {
    expect(ERRORS[code].message).toMatch(/^[A-Z].*[^.]$/);
  });
});

describe("AppError", () => {
  test("takes its message and status from the catalogue", () => {
    const error = new AppError("not_in_room");

    expect(error).toMatchObject({ name: "AppError", status: 409, message: "Join the room first" });
    expect(error.body).toEqual({ code: "not_in_room", message: "Join the room first", temporary: false });
  });

  test.each(codes)("%s tells clients whether the same request may succeed later", (code) => {
    expect(new AppError(code).body.temporary).toBe(ERRORS[code].temporary);
  });

  test.each(codes)("%s says when to come back exactly if it is temporary, and HTTP says the same", (code) => {
    const { body, headers } = new AppError(code);
    const { status: _status, ...kind }: { retryAfterMs?: number; status: number } = ERRORS[code];
    const seconds = kind.retryAfterMs === undefined ? undefined : String(kind.retryAfterMs / 1000);

    expect(body).toEqual({ code, ...kind });
    expect(body.retryAfterMs !== undefined).toBe(body.temporary);
    expect(headers["Retry-After"]).toBe(seconds);
    expect(headers["WWW-Authenticate"]).toBe(ERRORS[code].status === 401 ? "Bearer" : undefined);
  });

  test("says another time than the catalogue's, in whole seconds over HTTP and never less", () => {
    const { body, headers } = new AppError("temporary", undefined, { retryAfterMs: 1500 });

    expect({ retryAfterMs: body.retryAfterMs, headers }).toEqual({
      retryAfterMs: 1500,
      headers: { "Retry-After": "2" },
    });
  });

  test("shows its own message to clients, and never its cause", () => {
    const error = new AppError("invalid", "name: is required", { cause: new Error("hunter2") });

    expect(error.body).toEqual({ code: "invalid", message: "name: is required", temporary: false });
    expect(JSON.stringify(error.body)).not.toContain("hunter2");
    expect(error.cause).toEqual(new Error("hunter2"));
  });
});
