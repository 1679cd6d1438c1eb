import { existsSync } from "node:fs";

/** The browser that the tests of the pages run in. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why the tests in a browser cannot run here; null where they can. In CI they must. */
export const notHere: string | null =
  existsSync(CHROMIUM) || process.env.CI === "true"
    ? null
    : `there is no ${CHROMIUM}: apt-get install chromium, or set CHROMIUM`;
