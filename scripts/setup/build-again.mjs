import { build } from "./build.mjs";

/** For jest, before each run of `npm run test:watch`: tests that run whole servers run what was changed. */
export default build;
