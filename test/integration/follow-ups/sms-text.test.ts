import { expect, test } from "vitest";
import {
  fitsOneSegment,
  plainTypography,
  septets,
  smsText,
} from "../../../src/follow-ups/notify/sms/notify-phone.ts";
import { fc } from "../../support/fast-check.ts";

const RUNS = 300;
const LINK = "https://edge.example/t/01a20ad9";
const LONG_LINK =
  "https://deepgram-edge-receiver.example.workers.dev/transcripts/01a20ad9-528e-7043-a981-3f21c4ad01ca";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const SEPTETS: [text: string, count: number | null][] = [
  ["plain", 5],
  ["@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", 42],
  ["^{}\\[~]|€", 18],
  ["line\nline", 9],
  ["á", null],
  ["`", null],
  ["’", null],
  ["…", null],
  ["\t", null],
  ["ç", null],
  ["今", null],
];

test("the GSM alphabet takes a septet a character, two for one of the extension table", () => {
  for (const [text, count] of SEPTETS) expect.soft(septets(text), text).toBe(count);
});

test("typographic characters become those of the GSM alphabet", () => {
  const text = "“It’s” – ‘so’ — «yes»…\u00a0it\u202fis\u00ad\u200b `x`";
  expect(plainTypography(text)).toBe("\"It's\" - 'so' - \"yes\"... it is 'x'");
});

test("a short text stands whole, with its label, over the link", () => {
  expect(smsText({ text: "Good morning.", link: LINK, label: "Transcript" })).toBe(
    `Transcript: Good morning.\n${LINK}`,
  );
});

test("a long text is cut at a word, in as many septets as there are", () => {
  const text = "It’s the clinic calling about your appointment on Thursday, ".repeat(5);
  const sms = smsText({ text, link: LINK });
  expect(sms).toBe(
    "It's the clinic calling about your appointment on Thursday, It's the clinic calling about your " +
      `appointment on Thursday, It's...\n${LINK}`,
  );
  expect(septets(sms)).toBeLessThanOrEqual(160);
});

test("punctuation that leads nowhere does not stand before the ellipsis", () => {
  const text = `${"word ".repeat(23)}end, unfortunately without more room`;
  expect(smsText({ text, link: LINK })).toContain(" end...");
});

test("a character outside the alphabet, where it is seen, makes it UCS-2", () => {
  const sms = smsText({ text: "Привет, это клиника. Мы звоним по поводу записи", link: LINK });
  expect(sms).toBe(`Привет, это клиника. Мы звоним по…\n${LINK}`);
  expect(sms.length).toBeLessThanOrEqual(70);
});

test("a character outside the alphabet, where it is not seen, does not", () => {
  const sms = smsText({ text: `${"word ".repeat(60)}😀`, link: LINK });
  expect(septets(sms)).not.toBeNull();
  expect(sms.length).toBeGreaterThan(140);
});

test("a script without spaces is cut between words", () => {
  const text =
    "今天天气非常好，我们去公园散步吧，然后一起吃午饭，下午再去看电影，晚上回家。".repeat(2);
  const sms = smsText({ text, link: LINK });
  const words = [...new Intl.Segmenter("zh", { granularity: "word" }).segment(text)];
  const ends = words.map(({ index, segment }) => index + segment.length);
  const preview = sms.slice(0, sms.indexOf("…"));
  expect(text.startsWith(preview)).toBe(true);
  expect(ends).toContain(preview.length);
  expect(preview.length).toBeGreaterThan(25);
});

test("neither surrogates nor what readers see as one character are parted", () => {
  const family = "👨‍👩‍👧‍👦";
  const sms = smsText({ text: family.repeat(20), link: LINK });
  expect(sms).toBe(`${family.repeat(3)}…\n${LINK}`);
});

test("letters with accents of their own are composed before they are counted", () => {
  expect(smsText({ text: "Ne\u0301e", link: LINK })).toBe(`Née\n${LINK}`);
});

test("where the link leaves no room the preview is left out, and then the label", () => {
  const text = "Привет, это клиника";
  expect(smsText({ text, link: LONG_LINK, label: "Transcript" })).toBe(`Transcript\n${LONG_LINK}`);
  expect(smsText({ text, link: LONG_LINK, label: "Клиника" })).toBe(LONG_LINK);
  expect(smsText({ text, link: LONG_LINK })).toBe(LONG_LINK);
});

test.each([
  ["La cita está confirmada para el jueves.", "La cita esta confirmada para el jueves."],
  ["Zażółć gęślą jaźń, Łódź – Œuvre", "Zazolc gesla jazn, Lodz - OEuvre"],
  ["Ärger über Größe: bleibt", "Ärger über Größe: bleibt"],
  ["All good 😀 thanks 👨‍👩‍👧‍👦🇫🇷1️⃣", "All good thanks 1"],
  ["Tiếng Việt", "Tieng Viet"],
  ["Ẹ kú àárọ̀ ọ̀rẹ́ mi", "E ku àaro ore mi"],
])("where UCS-2 leaves no room, accents and pictures go: %s", (text, preview) => {
  const sms = smsText({ text, link: LONG_LINK.slice(0, 90), label: "Transcript" });
  expect(sms).toBe(`Transcript: ${preview}\n${LONG_LINK.slice(0, 90)}`);
  expect(septets(sms)).toBeLessThanOrEqual(160);
});

test("a label goes without its accents where it does not fit with them", () => {
  expect(smsText({ text: "😀", link: LONG_LINK, label: "Clínica" })).toBe(`Clinica\n${LONG_LINK}`);
  expect(smsText({ text: "😀", link: LONG_LINK, label: "😀" })).toBe(LONG_LINK);
});

test("a preview of a few characters is none", () => {
  const link = `https://edge.example/${"x".repeat(40)}`;
  expect(smsText({ text: "Привет, это клиника", link, label: "Tom" })).toBe(`Tom\n${link}`);
});

test("without words the label and the link stand alone", () => {
  expect(smsText({ text: " \u200b", link: LINK, label: "Transcript" })).toBe(`Transcript\n${LINK}`);
  expect(smsText({ text: "", link: LINK })).toBe(LINK);
});

test("a link too long for a segment is not cut", () => {
  const link = `https://edge.example/${"x".repeat(200)}`;
  expect(smsText({ text: "Hello.", link, label: "Transcript" })).toBe(link);
});

const word = fc.oneof(
  fc.constantFrom(
    "word,",
    "It’s",
    "“quoted”",
    "{x}",
    "€5",
    "…",
    "👨‍👩‍👧‍👦",
    "🇫🇷🇩🇪",
    "\ud800",
    "e\u0301\u0302",
  ),
  fc.constantFrom(
    "今天天气非常好，",
    "สวัสดีครับ",
    "مرحبا",
    "x".repeat(180),
    "字".repeat(90),
    "\n",
    "--",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ maxLength: 12 }),
);
const words = fc.array(word, { maxLength: 50 }).map((list) => list.join(" "));
const link = fc.integer({ min: 1, max: 150 }).map((length) => `https://e/${"x".repeat(length)}`);

test("whatever the words, it is one segment that ends with the whole link", () => {
  fc.assert(
    fc.property(words, link, fc.option(words), (text, link, label) => {
      const sms = smsText({ text, link, ...(label !== null && { label }) });
      expect(fitsOneSegment(sms)).toBe(true);
      expect(sms === link || sms.endsWith(`\n${link}`)).toBe(true);
      expect(sms.isWellFormed()).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

test("whatever the words, the preview is a start of them that parts no character", () => {
  fc.assert(
    fc.property(words, (text) => {
      const sms = smsText({ text, link: "https://e/1" });
      const source = text
        .normalize("NFC")
        .toWellFormed()
        .replace(/[\s\p{Cc}]+/gu, " ")
        .trim();
      const shown = sms === "https://e/1" ? "" : sms.slice(0, -"\nhttps://e/1".length);
      const starts = [source, plainTypography(source)];
      const fits = starts.some((start) => {
        if (start === shown) return true;
        const preview = shown.replace(/(?:\.\.\.|…)$/, "");
        const ends = [...graphemes.segment(start)].map(({ index }) => index);
        return start.startsWith(preview) && [...ends, start.length].includes(preview.length);
      });
      expect(fits).toBe(true);
    }),
    { numRuns: RUNS },
  );
});
