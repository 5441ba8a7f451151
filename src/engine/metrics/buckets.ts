/** Upper bounds of all durations, in seconds: from what a healthy worker takes to what a client no longer waits for. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Stands for every label value that is not known: values that clients invent must not make series. */
export const UNKNOWN = "unknown";
