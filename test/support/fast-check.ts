import fc from "fast-check";
import { inject } from "vitest";

/** `npm test` tries the same cases each time; `npm run test:full` others every night. */
if (!inject("isFull")) fc.configureGlobal({ seed: 20261129 });

export { fc };
