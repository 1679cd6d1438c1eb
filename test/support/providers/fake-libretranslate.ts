import {
  type Answer,
  type FakeServer,
  jsonFields,
  type Received,
  type Service,
  startFakeServer,
} from "./fake-server.ts";

export type FakeLibreTranslateOptions = {
  /** Without one none is asked for. */
  apiKey?: string;
  port?: number;
  /** Texts in a request, and characters in a text; -1 is no limit, as with the server's own flags. */
  batchLimit?: number;
  charLimit?: number;
};

/** One request that was translated. */
export type LibreTranslation = { texts: string[]; source: string; target: string };

const LANGUAGES: Record<string, string> = {
  ar: "Arabic",
  de: "German",
  en: "English",
  es: "Spanish",
  fr: "French",
  he: "Hebrew",
  it: "Italian",
  ja: "Japanese",
  nb: "Norwegian",
  pt: "Portuguese",
  "pt-BR": "Portuguese (Brazil)",
  ru: "Russian",
  "zh-Hans": "Chinese",
  "zh-Hant": "Chinese (traditional)",
};
const CODES = Object.keys(LANGUAGES);

const SIMULATED = { server: "fake-libretranslate" };

const answered = (status: number, body: unknown): Answer => ({ status, headers: SIMULATED, body });
const refused = (status: number, error: string): Answer => answered(status, { error });

const ORDERED: Record<number, string> = {
  400: "Invalid request",
  403: "Invalid API key",
  429: "Slowdown: 20 per 1 minute",
  500: "Internal Server Error",
};

type Fields = Record<string, unknown>;

/** JSON, or the form that the API takes too. */
const fieldsOf = ({ headers, body }: Received): Fields | null => {
  if (!headers["content-type"]?.startsWith("application/json")) {
    return Object.fromEntries(new URLSearchParams(body));
  }
  return jsonFields(body);
};

/** By script alone: enough to answer `auto` the same way every time. */
const detected = (text: string): string => {
  if (/\p{sc=Cyrl}/u.test(text)) return "ru";
  if (/[\p{sc=Hira}\p{sc=Kana}]/u.test(text)) return "ja";
  if (/\p{sc=Han}/u.test(text)) return "zh-Hans";
  if (/\p{sc=Arab}/u.test(text)) return "ar";
  return /\p{sc=Hebr}/u.test(text) ? "he" : "en";
};

const supported = (code: unknown): string | undefined =>
  CODES.find((known) => known.toLowerCase() === String(code).toLowerCase());

const faultOf = (fields: Fields, options: FakeLibreTranslateOptions): Answer | null => {
  const { apiKey = "", batchLimit = -1, charLimit = -1 } = options;
  if (apiKey !== "" && fields.api_key === undefined) {
    return refused(400, "Please contact the server operator to get an API key");
  }
  if (apiKey !== "" && fields.api_key !== apiKey) return refused(403, "Invalid API key");
  for (const name of ["q", "source", "target"]) {
    const value = fields[name];
    if (!value || (Array.isArray(value) && value.length === 0)) {
      return refused(400, `Invalid request: missing ${name} parameter`);
    }
  }
  const texts = [fields.q].flat();
  const exceeded = (size: number, limit: number) =>
    refused(400, `Invalid request: request (${size}) exceeds text limit (${limit})`);
  if (batchLimit >= 0 && texts.length > batchLimit) return exceeded(texts.length, batchLimit);
  for (const text of texts) {
    const { length } = String(text);
    if (charLimit >= 0 && length > charLimit) return exceeded(length, charLimit);
  }
  if (fields.source !== "auto" && supported(fields.source) === undefined) {
    return refused(400, `${fields.source} is not supported`);
  }
  if (supported(fields.target) === undefined)
    return refused(400, `${fields.target} is not supported`);
  const { format = "text" } = fields;
  if (format !== "text" && format !== "html")
    return refused(400, `${format} format is not supported`);
  return null;
};

const libreTranslate = (options: FakeLibreTranslateOptions): Service => {
  const translations: LibreTranslation[] = [];
  const translate = (fields: Fields): Answer => {
    const isBatch = Array.isArray(fields.q);
    const texts = [fields.q].flat().map(String);
    const target = supported(fields.target) ?? "";
    const isAuto = fields.source === "auto";
    const source = isAuto ? detected(texts.join(" ")) : (supported(fields.source) ?? "");
    translations.push({ texts, source, target });
    const translated = texts.map((text) => `[${target}] ${text}`);
    const language = { confidence: 90, language: source };
    return answered(200, {
      translatedText: isBatch ? translated : translated[0],
      ...(isAuto && { detectedLanguage: isBatch ? texts.map(() => language) : language }),
    });
  };
  const serve = (request: Received): Answer => {
    switch (`${request.method} ${request.path}`) {
      case "GET /health":
        return answered(200, { status: "ok" });
      case "GET /languages":
        return answered(
          200,
          CODES.map((code) => ({ code, name: `${LANGUAGES[code]} (simulated)`, targets: CODES })),
        );
      case "POST /translate": {
        const fields = fieldsOf(request);
        if (fields === null) return refused(400, "Invalid JSON format");
        return faultOf(fields, options) ?? translate(fields);
      }
      default:
        return refused(404, "Not Found");
    }
  };
  return {
    serve,
    refusal: (status) => ({ error: ORDERED[status] ?? "Internal Server Error" }),
    state: () => ({ translations }),
  };
};

/**
 * Starts a simulated LibreTranslate: it puts `[target]` before each text, and says in `server` and in
 * the names of its languages what it is.
 * https://docs.libretranslate.com/api/operations/translate/
 */
export const startFakeLibreTranslate = (
  options: FakeLibreTranslateOptions = {},
): Promise<FakeServer> => startFakeServer(() => libreTranslate(options), options.port);
