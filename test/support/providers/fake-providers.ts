import { DEEPL_KEY, LIBRETRANSLATE_KEY, RESEND_KEY, TWILIO } from "./credentials.ts";
import { startFakeDeepl } from "./fake-deepl.ts";
import { startFakeLibreTranslate } from "./fake-libretranslate.ts";
import { startFakeResend } from "./fake-resend.ts";
import type { FakeServer } from "./fake-server.ts";
import { startFakeTwilio } from "./fake-twilio.ts";
import type { ProviderUrls } from "./provider-urls.ts";

export type FakeProviders = {
  twilio: FakeServer;
  resend: FakeServer;
  deepl: FakeServer;
  libretranslate: FakeServer;
  urls: ProviderUrls;
  close: () => Promise<void>;
};

/** Starts all simulated providers on free ports of 127.0.0.1, with the credentials of `credentials.ts`. */
export const startFakeProviders = async (): Promise<FakeProviders> => {
  const [twilio, resend, deepl, libretranslate] = await Promise.all([
    startFakeTwilio(TWILIO),
    startFakeResend({ apiKey: RESEND_KEY }),
    startFakeDeepl({ apiKey: DEEPL_KEY }),
    startFakeLibreTranslate({ apiKey: LIBRETRANSLATE_KEY }),
  ]);
  const servers = { twilio, resend, deepl, libretranslate };
  return {
    ...servers,
    urls: {
      twilio: twilio.url,
      resend: resend.url,
      deepl: deepl.url,
      libretranslate: libretranslate.url,
    },
    close: async () => {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
};
