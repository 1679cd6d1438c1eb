import { describe, expect, inject, it } from "vitest";
import { deepl } from "../../../src/follow-ups/translate/providers/deepl.ts";
import { libreTranslate } from "../../../src/follow-ups/translate/providers/libretranslate.ts";
import {
  checkedTranslator,
  type Languages,
} from "../../../src/follow-ups/translate/providers/translator.ts";
import { DEEPL_KEY, LIBRETRANSLATE_KEY } from "../../support/providers/credentials.ts";
import type { ProviderUrls } from "../../support/providers/provider-urls.ts";
import { type Order, providerWorld } from "../../support/providers/world.ts";

const providers: ProviderUrls = inject("providers");

type Done = { texts: string[]; source: string | null; target: string };

const TO_SPANISH: Languages = { source: "en-US", target: "es" };

function world(url: string) {
  const world = providerWorld<{ translations: Done[] }>(url);
  return { ...world, translations: async () => (await world.state()).translations };
}

function deeplWorld(apiKey = DEEPL_KEY) {
  const { url, ...rest } = world(providers.deepl);
  return { url, ...rest, translator: deepl({ url, apiKey }) };
}

function libreWorld(apiKey = LIBRETRANSLATE_KEY) {
  const { url, ...rest } = world(providers.libretranslate);
  return { url, ...rest, translator: libreTranslate({ url, apiKey }) };
}

const TRANSLATORS = [
  { name: "DeepL", open: deeplWorld, mark: "[ES]", key: DEEPL_KEY },
  { name: "LibreTranslate", open: libreWorld, mark: "[es]", key: LIBRETRANSLATE_KEY },
];

describe.each(TRANSLATORS)("$name", ({ name, open, mark, key }) => {
  it("translates texts in their order, in one request", async () => {
    const { translator, state } = open();
    const outcome = await translator.translate(["Hello.", 'How "are"\n you? 今天'], TO_SPANISH);
    const texts = [`${mark} Hello.`, `${mark} How "are" you? 今天`];
    expect(outcome).toEqual({ result: "done", texts });
    expect((await state()).requests).toHaveLength(1);
  });

  it("is not asked for what has no words", async () => {
    const { translator, translations } = open();
    const outcome = await translator.translate(["", "Hello.", " \u200b\n", "Bye."], TO_SPANISH);
    expect(outcome).toEqual({ result: "done", texts: ["", `${mark} Hello.`, "", `${mark} Bye.`] });
    expect(await translations()).toMatchObject([{ texts: ["Hello.", "Bye."] }]);
    expect(await translator.translate([" "], TO_SPANISH)).toEqual({ result: "done", texts: [""] });
    expect(await translations()).toHaveLength(1);
  });

  it("takes as much at once as its limits say", async () => {
    const { translator } = open();
    const { maxTexts, maxChars } = translator.limits;
    const texts = Array.from({ length: maxTexts }, () =>
      "字".repeat(Math.floor(maxChars / maxTexts)),
    );
    expect(await translator.translate(texts, TO_SPANISH)).toMatchObject({ result: "done" });
    const quotes = ['"'.repeat(maxChars)];
    expect(await translator.translate(quotes, TO_SPANISH)).toMatchObject({ result: "done" });
  });

  it("is not asked for more than that", async () => {
    const { translator, state } = open();
    const { maxTexts, maxChars } = translator.limits;
    const many = Array.from({ length: maxTexts + 1 }, () => "x");
    expect(await translator.translate(many, TO_SPANISH)).toMatchObject({ result: "failed" });
    const long = await translator.translate(["x".repeat(maxChars + 1)], TO_SPANISH);
    expect(long).toEqual({
      result: "failed",
      error: `${name} is not given 1 texts of ${maxChars + 1} characters at once`,
    });
    expect((await state()).requests).toEqual([]);
  });

  it.each<[string, Order]>([
    ["429", { status: 429, headers: { "retry-after": "9" } }],
    ["500", { status: 500, headers: { "retry-after": "9" } }],
    ["529", { status: 529, headers: { "retry-after": "9" } }],
  ])("may be asked again after %s, when it says", async (status, order) => {
    const { translator, fail } = open();
    await fail(order);
    const outcome = await translator.translate(["Hello."], TO_SPANISH);
    expect(outcome).toMatchObject({ result: "retry", retryAfterSeconds: 9 });
    expect(outcome).toMatchObject({ error: expect.stringContaining(`${name} answered ${status}`) });
    expect(await translator.translate(["Hello."], TO_SPANISH)).toMatchObject({ result: "done" });
  });

  it.each<[string, Order]>([
    ["the connection is lost", { drop: "after" }],
    ["the answer has no end", { status: 200, endless: true }],
    ["the answer is not of its API", { status: 200 }],
  ])("may be asked again when %s", async (_, order) => {
    const { translator, fail } = open();
    await fail(order);
    const outcome = await translator.translate(["Hello."], TO_SPANISH);
    expect(outcome).toMatchObject({ result: "retry", error: expect.stringContaining(name) });
  });

  it.each([400, 403, 404, 413, 456, 302])("by %i fails at once", async (status) => {
    const { translator, fail, translations } = open();
    await fail({ status, headers: { location: "http://127.0.0.1:9/" } });
    const outcome = await translator.translate(["Hello."], TO_SPANISH);
    expect(outcome).toMatchObject({
      result: "failed",
      error: expect.stringContaining(`${status}`),
    });
    expect(await translations()).toEqual([]);
  });

  it("with a wrong key fails, and does not show it", async () => {
    const { translator } = open("wrong-key-0123456789");
    const outcome = await translator.translate(["Hello."], TO_SPANISH);
    expect(outcome).toMatchObject({ result: "failed", error: expect.stringContaining("403") });
    expect(JSON.stringify(outcome)).not.toMatch(/wrong-key/);
    expect(JSON.stringify(outcome)).not.toContain(key);
  });

  it("refuses a language that it does not have, and says which", async () => {
    const { translator, state } = open();
    const unknown = await translator.translate(["Hello."], { source: null, target: "tlh" });
    expect(unknown).toMatchObject({
      result: "failed",
      detail: expect.stringContaining("not supported"),
    });
    const none = await translator.translate(["Hello."], { source: null, target: "multi" });
    expect(none).toEqual({ result: "failed", error: `${name} has no language multi` });
    expect((await state()).requests).toHaveLength(1);
  });
});

it("an answer with another number of texts than were asked for may be asked for again", async () => {
  const ask = async (texts: string[]) => ({ result: "done" as const, texts: texts.slice(1) });
  const translator = checkedTranslator("the provider", { maxTexts: 9, maxChars: 99 }, ask);
  expect(await translator.translate(["Hello.", "", "Bye."], TO_SPANISH)).toEqual({
    result: "retry",
    error: "the provider answered 1 texts to 2",
  });
});

describe("DeepL", () => {
  it("gets the languages in its own codes, or detects the source", async () => {
    const { translator, translations } = deeplWorld();
    await translator.translate(["Hello."], { source: "en-GB", target: "pt-BR" });
    await translator.translate(["Hello."], { source: null, target: "zh-TW" });
    await translator.translate(["Hello."], { source: "multi", target: "en" });
    expect(await translations()).toMatchObject([
      { source: "EN", target: "PT-BR" },
      { source: null, target: "ZH-HANT" },
      { source: null, target: "EN-US" },
    ]);
  });

  it("simulated has the limits of the real one", async () => {
    const { url } = deeplWorld();
    const ask = async (fields: unknown, authorization = `DeepL-Auth-Key ${DEEPL_KEY}`) => {
      const body = JSON.stringify(fields);
      const headers = { authorization, "content-type": "application/json" };
      const response = await fetch(`${url}/v2/translate`, { method: "POST", headers, body });
      return [response.status, await response.json(), response.headers.get("server")];
    };
    const message = { message: expect.any(String) };
    const fake = "fake-deepl";
    const target_lang = "ES";
    const texts = (count: number, text: string) => Array.from({ length: count }, () => text);
    expect(await ask({ text: ["x"], target_lang }, "DeepL-Auth-Key x")).toEqual([
      403,
      message,
      fake,
    ]);
    expect(await ask({ text: texts(51, "x"), target_lang })).toEqual([400, message, fake]);
    expect(await ask({ text: ["x".repeat(131_072)], target_lang })).toEqual([413, message, fake]);
    expect(await ask({ text: "x", target_lang })).toEqual([400, message, fake]);
    expect(await ask({ text: ["x"], target_lang: "XX" })).toEqual([400, message, fake]);
    expect(await ask({ text: ["x"], target_lang, source_lang: "EN-US" })).toEqual([
      400,
      message,
      fake,
    ]);
    const translations = [{ detected_source_language: "EN", text: "[ES] x" }];
    expect(await ask({ text: ["x"], target_lang })).toEqual([200, { translations }, fake]);
  });
});

describe("LibreTranslate", () => {
  it("gets the languages in its own codes, or detects the source", async () => {
    const { translator, translations, state } = libreWorld();
    await translator.translate(["Hello."], { source: "en-GB", target: "pt-BR" });
    await translator.translate(["Привет."], { source: null, target: "zh-CN" });
    await translator.translate(["Hei."], { source: "no", target: "pt" });
    expect(await translations()).toMatchObject([
      { source: "en", target: "pt-BR" },
      { source: "ru", target: "zh-Hans" },
      { source: "nb", target: "pt" },
    ]);
    const bodies = (await state()).requests.map(({ body }) => JSON.parse(body));
    expect(bodies[1]).toEqual({
      q: ["Привет."],
      source: "auto",
      target: "zh-Hans",
      format: "text",
      api_key: LIBRETRANSLATE_KEY,
    });
  });

  it("gets no key where there is none", async () => {
    const { translator, state } = libreWorld("");
    const outcome = await translator.translate(["Hello."], TO_SPANISH);
    expect(outcome).toMatchObject({ result: "failed", detail: expect.stringContaining("API key") });
    const { requests } = await state();
    expect(JSON.parse(requests[0]?.body ?? "")).not.toHaveProperty("api_key");
  });

  it("simulated says what it is, and refuses as the real one does", async () => {
    const { url } = libreWorld();
    const languages = await fetch(`${url}/languages`);
    expect(languages.headers.get("server")).toBe("fake-libretranslate");
    expect(await languages.json()).toContainEqual({
      code: "es",
      name: "Spanish (simulated)",
      targets: expect.arrayContaining(["en"]),
    });
    const ask = async (fields: object) => {
      const response = await fetch(`${url}/translate`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ api_key: LIBRETRANSLATE_KEY, ...fields }),
      });
      return [response.status, await response.json()];
    };
    const good = { q: "Hello.", source: "auto", target: "es", format: "text" };
    const detectedLanguage = { confidence: 90, language: "en" };
    expect(await ask(good)).toEqual([200, { translatedText: "[es] Hello.", detectedLanguage }]);
    const error = { error: expect.any(String) };
    for (const wrong of [
      { q: [] },
      { source: "" },
      { target: "tlh" },
      { source: "tlh" },
      { format: "x" },
    ]) {
      expect(await ask({ ...good, ...wrong })).toEqual([400, error]);
    }
    expect(await ask({ ...good, api_key: "other" })).toEqual([403, error]);
  });
});
