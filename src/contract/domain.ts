/** Plain types shared by services, stores and transports; no code with effects. */

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Who a process is: the instance's name and the worker's slot, from 1. */
export interface Identity {
  readonly instance: string;
  readonly worker: number;
}

/** State of a store as seen from this process; `refused` when it is there and refuses us for good, `off` when it is not configured. */
export type StoreState = "up" | "down" | "refused" | "off";
