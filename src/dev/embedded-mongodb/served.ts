/** A database that answers at its run directory's stable name. */
export interface Served {
  /** Rejects when the database has ended by itself; pending otherwise. */
  readonly lost: Promise<never>;
  /** Ends it after what it is doing, with all data on disk. */
  close(): Promise<void>;
}
