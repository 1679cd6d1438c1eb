/** What the simulated providers accept, and what the tests configure. */
export const TWILIO = {
  accountSid: "ACabcdefabcdefabcdefabcdefabcdefab",
  authToken: "fake-twilio-auth-token",
};
export const RESEND_KEY = "re_fake_0123456789";
export const DEEPL_KEY = "01234567-89ab-cdef-0123-456789abcdef:fx";
export const LIBRETRANSLATE_KEY = "fake-libretranslate-key";
