import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether all tests run in full (`npm run test:full`), not only what is quick (`npm test`). */
    isFull: boolean;
    /** Whether only what is quick runs (`npm test`). */
    isQuick: boolean;
    /** Whether `npm run prove` runs the tests: more cases, more rounds than in full. */
    isLong: boolean;
    /** The customer's webhook endpoint that test/support/global-setup.ts starts. */
    webhookUrl: string;
    /** A server that accepts every request, whatever its clock says. */
    sinkUrl: string;
    /** A simulated Management API of Deepgram. */
    usageUrl: string;
  }
}
