/** Where the simulated providers are, for tests that cannot start them: `inject("providers")`. */
export type ProviderUrls = Record<"twilio" | "resend" | "deepl" | "libretranslate", string>;

declare module "vitest" {
  interface ProvidedContext {
    providers: ProviderUrls;
  }
}
