import { createOutage } from "../../src/engine/membership/outage.js";

function setUp() {
  const told: string[] = [];
  const outage = createOutage({ failed: () => told.push("failed"), over: () => told.push("over") });
  return { outage, told };
}

test("failures of several activities are one outage, which is over when all of them work again", () => {
  const { outage, told } = setUp();

  outage.failed("look", new Error());
  outage.failed("write", new Error());
  outage.worked("look");
  expect(told).toEqual(["failed"]);

  outage.worked("write");
  expect(told).toEqual(["failed", "over"]);
});

test("what fails or works after the end is told to nobody", () => {
  const { outage, told } = setUp();

  outage.end();
  outage.failed("look", new Error());
  outage.worked("look");

  expect(told).toEqual([]);
});
