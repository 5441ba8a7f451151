/** Messages that a call stores in a room, if it is let in. */
export interface Published {
  readonly room: string;
  /** How many. */
  readonly messages: number;
}

/** Of a call that stores none. */
export const NOTHING_PUBLISHED: readonly Published[] = [];
