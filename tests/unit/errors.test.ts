import { AppError, ERRORS, type ErrorCode } from "../../src/contract/errors.js";

const codes = Object.keys(ERRORS) as ErrorCode[];

describe("the errors that clients are told", () => {
  test.each(codes)("%s has the status of a client's or of a server's error", (code) => {
    expect(ERRORS[code].status).toBeGreaterThanOrEqual(400);
    expect(ERRORS[code].status).toBeLessThan(600);
  });

  test.each(codes)("%s is temporary exactly if its status says to come back later", (code) => {
    expect(ERRORS[code].temporary).toBe(ERRORS[code].status === 503);
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

  test("shows its own message to clients, and never its cause", () => {
    const error = new AppError("invalid", "name: is required", { cause: new Error("hunter2") });

    expect(error.body).toEqual({ code: "invalid", message: "name: is required", temporary: false });
    expect(JSON.stringify(error.body)).not.toContain("hunter2");
    expect(error.cause).toEqual(new Error("hunter2"));
  });
});
