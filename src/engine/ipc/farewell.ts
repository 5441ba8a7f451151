import type { Component } from "../process/lifecycle.js";
import { hearPrimary, tellPrimary } from "./channel.js";

/** Longest wait for the primary to confirm that this worker is out of rotation, in milliseconds. */
const LEAVE_TIMEOUT_MS = 2000;

/**
 * A worker's leave of its primary. `stop` says it and waits until the primary has taken the worker out of rotation: the
 * channel keeps its order, so after the primary's `shoal:stop` nothing new can arrive on it.
 */
export function createPrimaryFarewell(): Component {
  let confirm = (): void => {};
  const outOfRotation = new Promise<void>((resolve) => {
    confirm = resolve;
  });

  let stopHearing = (): void => {};

  return {
    name: "farewell",
    async start() {
      stopHearing = hearPrimary({ "shoal:stop": () => confirm() });
    },
    async stop() {
      tellPrimary({ type: "shoal:leaving" });
      const timer = setTimeout(confirm, LEAVE_TIMEOUT_MS);
      await outOfRotation;
      clearTimeout(timer);
      stopHearing();
    },
  };
}
