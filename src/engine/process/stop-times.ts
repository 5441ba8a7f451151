/** How long each step of a stop may take, in milliseconds. */
export interface StopTimes {
  /** To take the connections that wait in the kernel, of which others may come without end. */
  readonly acceptingMs: number;
  /** For the first requests of connections that have just come. */
  readonly firstRequestsMs: number;
  /** Before that, for connections on their way from other workers. */
  readonly arrivalsMs: number;
  /** For requests that are relayed: the others may be stopping, too, and say good-bye to their clients. */
  readonly relaysMs: number;
  /** For open requests. */
  readonly requestsMs: number;
  /** Of that, for the rest of headers of which the beginning has come. */
  readonly beginningsMs: number;
  /** Of that, for commits: what is not stored by then is refused, while its sender can still be told. */
  readonly commitsMs: number;
  /** For clients to take their leave. */
  readonly farewellMs: number;
  /** For what features have to write when their last client has gone. */
  readonly featuresMs: number;
  /** For a worker to tell the others that it has ended. */
  readonly goodbyeMs: number;
  /** For the connections to stores to be closed. */
  readonly storesMs: number;
  /** For the last spans, which a collector may not take. */
  readonly spansMs: number;
  /** For all that clustered workers do; those that are late are killed. */
  readonly workersMs: number;
  /** For answers on their way to clients through the primary, when the workers have ended. */
  readonly flushMs: number;
  /** For the end of the embedded MongoDB, when all else has ended. */
  readonly mongodbMs: number;
}

/**
 * The steps follow one another, and together they have `shutdownTimeoutMs`. What is to be waited for in the kernel and in the network takes no
 * longer where there is more time.
 */
export function stopTimesOf(shutdownTimeoutMs: number): StopTimes {
  const share = (part: number, mostMs = Number.POSITIVE_INFINITY): number =>
    Math.min(part * shutdownTimeoutMs, mostMs);
  return {
    acceptingMs: share(0.1, 1000),
    firstRequestsMs: share(0.05, 500),
    arrivalsMs: share(0.02, 500),
    relaysMs: share(0.1),
    requestsMs: share(0.38),
    beginningsMs: share(0.1),
    commitsMs: share(0.3),
    farewellMs: share(0.1),
    featuresMs: share(0.05),
    goodbyeMs: share(0.03, 1000),
    storesMs: share(0.02),
    spansMs: share(0.03, 2000),
    workersMs: share(0.8),
    flushMs: share(0.1),
    mongodbMs: share(0.1),
  };
}
