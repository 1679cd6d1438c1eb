import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The customer's webhook endpoint that test/global-setup.ts starts. */
    webhookUrl: string;
  }
}
