// Loaded into a server whose memory is watched. V8 collects when it likes: one collection that gives back 27 MiB, which the heap
// takes again in the following minutes, would pass for growth. After collections only what is held on to is left to grow.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const EVERY_MS = 5000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setInterval(collect, EVERY_MS).unref();
