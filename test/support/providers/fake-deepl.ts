import {
  type Answer,
  type FakeServer,
  type Received,
  type Service,
  startFakeServer,
} from "./fake-server.ts";

export type FakeDeeplOptions = { apiKey: string; port?: number };

/** One request that was translated, and would be paid for. */
export type DeeplTranslation = { texts: string[]; source: string | null; target: string };

const MAX_TEXTS = 50;
const MAX_REQUEST_BYTES = 131_072;
const SOURCES =
  "AR BG CS DA DE EL EN ES ET FI FR HE HU ID IT JA KO LT LV NB NL PL PT RO RU SK SL SV TH TR UK VI ZH";
const TARGET_VARIANTS = "EN-GB EN-US ES-419 PT-BR PT-PT ZH-HANS ZH-HANT";
const KNOWN_SOURCES = new Set(SOURCES.split(" "));
const KNOWN_TARGETS = new Set(`${SOURCES} ${TARGET_VARIANTS}`.split(" "));

const SIMULATED = { server: "fake-deepl" };

const refused = (status: number, message: string): Answer => ({
  status,
  headers: SIMULATED,
  body: { message },
});

const ORDERED: Record<number, string> = {
  400: "Bad request",
  403: "Forbidden",
  413: "Request Entity Too Large",
  429: "Too many requests",
  456: "Quota Exceeded",
  529: "Too many requests",
};

type Fields = { text?: unknown; target_lang?: unknown; source_lang?: unknown };

const fieldsOf = (body: string): Fields => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
};

const deepl = ({ apiKey }: FakeDeeplOptions): Service => {
  const translations: DeeplTranslation[] = [];
  const serve = ({ method, path, headers, body }: Received): Answer => {
    if (headers.authorization !== `DeepL-Auth-Key ${apiKey}`) return refused(403, "Forbidden");
    if (method !== "POST" || path !== "/v2/translate") return refused(404, "Not found");
    if (Buffer.byteLength(body) > MAX_REQUEST_BYTES)
      return refused(413, "Request Entity Too Large");
    const { text, target_lang, source_lang } = fieldsOf(body);
    if (
      !Array.isArray(text) ||
      text.length === 0 ||
      !text.every((one) => typeof one === "string")
    ) {
      return refused(400, "Parameter 'text' not specified.");
    }
    if (text.length > MAX_TEXTS) return refused(400, "Too many texts in one request.");
    const target = String(target_lang ?? "").toUpperCase();
    const source = source_lang === undefined ? null : String(source_lang).toUpperCase();
    if (!KNOWN_TARGETS.has(target)) return refused(400, "Value for 'target_lang' not supported.");
    if (source !== null && !KNOWN_SOURCES.has(source)) {
      return refused(400, "Value for 'source_lang' not supported.");
    }
    translations.push({ texts: text, source, target });
    const translated = text.map((one: string) => ({
      detected_source_language: source ?? "EN",
      text: `[${target}] ${one}`,
    }));
    return { status: 200, headers: SIMULATED, body: { translations: translated } };
  };
  return {
    serve,
    refusal: (status) => ({ message: ORDERED[status] ?? "Internal Server Error" }),
    state: () => ({ translations }),
  };
};

/**
 * Starts a simulated DeepL: it puts `[TARGET]` before each text, and says in `server` what it is.
 * https://developers.deepl.com/api-reference/translate
 */
export const startFakeDeepl = (options: FakeDeeplOptions): Promise<FakeServer> =>
  startFakeServer(() => deepl(options), options.port);
