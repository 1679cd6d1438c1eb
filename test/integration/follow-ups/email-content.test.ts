import { describe, expect, it } from "vitest";
import type { Facts } from "../../../src/deepgram/callback.ts";
import {
  composeEmail,
  type EmailNews,
  momentInWords,
  subjectLine,
} from "../../../src/follow-ups/notify/email/compose-email.ts";
import {
  firstPart,
  MAX_EMAIL_TRANSCRIPT_BYTES,
} from "../../../src/follow-ups/notify/email/email-html.ts";
import { lengthInWords } from "../../../src/lib/times.ts";
import type { Segment } from "../../../src/transcript/segments/segment.ts";
import { fc } from "../../support/fast-check.ts";
import { segment } from "../../unit/transcript/formats/segment.ts";

const FACTS: Facts = {
  audio_sha256: null,
  duration: 754.2,
  channels: 1,
  models: ["general-nova-3"],
  languages: ["en", "es-419"],
  tags: ["clinic", "<b>"],
  extra: {},
  warnings: [],
  error: null,
};
const LINK = "https://edge.test/transcripts/01a20ad9?a=1&b=2";
const KNOWN = { requestId: "01a20ad9-528e-7043-a981-3f21c4ad01ca", title: null, link: LINK };

const said = (text: string, start: number, more: Partial<Segment> = {}) =>
  segment(text, start, start + 1, more);

const TALK = [
  said("Good morning, Harbour Lane Clinic.", 4, { speaker: 0, language: "en" }),
  said("How can I help you?", 5.2, { speaker: 0, language: "en" }),
  said("Hi, this is <Tom> & Ashby.", 3_723, { speaker: 1, language: "en" }),
];

type Received = Extract<EmailNews, { event: "transcript.received" }>;

const received = (more: Partial<Received> = {}) =>
  composeEmail({
    ...KNOWN,
    event: "transcript.received",
    facts: FACTS,
    receivedAt: "2026-11-23T23:59:04.852Z",
    summary: null,
    segments: TALK,
    ...more,
  });

describe("the e-mail of a transcript", () => {
  it("has subject, facts, the words of each speaker with their times, and the link", async () => {
    const { subject, text } = await received({ summary: "Tom calls  the clinic." });
    expect(subject).toBe("Transcript ready: recording of 23 November 2026, 23:59 UTC");
    expect(text).toBe(`Your transcript is ready

Received:  23 November 2026, 23:59 UTC
Length:    12 min 34 s
Languages: English, Spanish (Latin America)
Tags:      clinic, <b>
Speakers:  2

Summary
Tom calls the clinic.

[00:00:04] Speaker 0: Good morning, Harbour Lane Clinic. How can I help you?

[01:02:03] Speaker 1: Hi, this is <Tom> & Ashby.

Open the transcript:
${LINK}

--
Deepgram request 01a20ad9-528e-7043-a981-3f21c4ad01ca
`);
  });

  it("says the same in HTML, in which no word becomes markup", async () => {
    const { html } = await received({ summary: '"Quoted" & <script>alert(1)</script>' });
    expect(html).toContain("Good morning, Harbour Lane Clinic. How can I help you?</p>");
    expect(html).toContain("00:00:04 · Speaker 0</p>");
    expect(html).toContain("Hi, this is &lt;Tom&gt; &amp; Ashby.</p>");
    expect(html).toContain("&quot;Quoted&quot; &amp; &lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html).toContain("clinic, &lt;b&gt;");
    expect(html).toContain('<a href="https://edge.test/transcripts/01a20ad9?a=1&amp;b=2">');
    expect(html).not.toMatch(/<script|<Tom|<b>|src=|<link|<style/);
  });

  it("bears the title it is given, in the subject too", async () => {
    const { subject, text, html } = await received({ title: "Appointment: Ashby & Söhne" });
    expect(subject).toBe("Transcript ready: Appointment: Ashby & Söhne");
    expect(text).toMatch(/^Appointment: Ashby & Söhne\n/);
    expect(html).toContain("<title>Appointment: Ashby &amp; Söhne</title>");
  });

  it("bears none where the title shows nothing, or is too long for a title", async () => {
    const { subject, text } = await received({ title: " \r\n\u202e" });
    expect(subject).toBe("Transcript ready: recording of 23 November 2026, 23:59 UTC");
    expect(text).toMatch(/^Your transcript is ready\n/);
    const long = await received({ title: "word ".repeat(1_000) });
    expect(long.text).toMatch(/^(?:word ){29}word…\n/);
  });

  it("is not made long by what the request carries", async () => {
    const facts = { ...FACTS, tags: Array.from({ length: 9_000 }, (_, index) => `tag ${index}`) };
    const { text, html } = await received({ facts, summary: "word ".repeat(100_000) });
    expect(text.length).toBeLessThan(12_000);
    expect(html.length).toBeLessThan(15_000);
  });

  it("marks language and direction of speech", async () => {
    const segments = [
      said("مرحبا بكم في العيادة.", 0, { speaker: 0, language: "ar" }),
      said("Hello Clinic.", 2, { speaker: 0, language: "en-US" }),
      said("שלום", 9, { speaker: 1 }),
      said("Hi", 20, { speaker: 1, language: '"><script>' }),
    ];
    const { html } = await received({ segments });
    expect(html).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/);
    expect(html).toMatch(/<p lang="ar" dir="rtl"[^>]*>مرحبا بكم في العيادة\.<\/p>/);
    expect(html).toMatch(/<p lang="en-US" dir="ltr"[^>]*>Hello Clinic\.<\/p>/);
    expect(html).toMatch(/<p lang="" dir="rtl"[^>]*>שלום<\/p>/);
    expect(html).toMatch(/<p lang="" dir="ltr"[^>]*>Hi<\/p>/);
    expect(html).not.toContain("<script>");
  });

  it("without speech says so", async () => {
    const { text, html } = await received({ segments: [said("\u200b", 0)] });
    expect(text).toContain("No speech was found in this recording.");
    expect(html).not.toContain("<h2");
  });

  it("leaves out what is not known", async () => {
    const facts = { ...FACTS, duration: null, languages: [], tags: [] };
    const { text } = await received({ facts, segments: [said("Hello.", 0)] });
    expect(text).toMatch(
      /^Your transcript is ready\n\nReceived: 23 Nov[^\n]*\n\n\[00:00:00\] Hello\.\n/,
    );
  });

  it("is the same to the byte when it is written again", async () => {
    expect(await received()).toEqual(await received());
  });

  it("links to nothing but http and https", async () => {
    const { html } = await received({ link: "javascript:alert(1)" });
    expect(html).not.toContain("href");
  });
});

describe("a long transcript", () => {
  const sentence = "The quick brown fox jumps over the lazy dog.";
  function* endless(): Generator<Segment> {
    for (let index = 0; ; index += 1) yield said(sentence, index * 5, { speaker: index % 2 });
  }

  it("is shown up to 256 KiB, then the e-mail says where the rest is", async () => {
    const { text, html } = await received({ segments: endless() });
    const rest = `This is only the beginning; the rest is at\n${LINK}`;
    expect(text.slice(-400)).toContain(`…\n\n${rest}`);
    expect(text.slice(0, 400)).toContain("Speakers:  at least 2");
    expect(html.slice(-1_000)).toContain("This is only the beginning; the rest is at <a href=");
    const shown = text.slice(text.indexOf("[00:00:00]"), text.indexOf(rest));
    const bytes = new TextEncoder().encode(shown).length;
    expect(bytes).toBeLessThanOrEqual(MAX_EMAIL_TRANSCRIPT_BYTES);
    expect(bytes).toBeGreaterThan(0.8 * MAX_EMAIL_TRANSCRIPT_BYTES);
    expect(shown.slice(-100).trimEnd()).toMatch(
      /(?:The|quick|brown|fox|jumps|over|the|lazy|dog)…$/,
    );
  });

  it("stays within what Cloudflare takes, markup included, however short its turns", async () => {
    const segments = Array.from({ length: 30_000 }, (_, index) =>
      said("&", index * 5, { speaker: index % 2 }),
    );
    const { text, html } = await received({ segments });
    expect(text.length + html.length).toBeLessThan(3_500_000);
  });

  it("of one endless segment is cut at a word", async () => {
    const text = `${"word ".repeat(99)}and then`;
    const { turns, complete } = await firstPart([said(text, 0)], 240);
    expect(complete).toBe(false);
    expect(turns[0]?.text).toMatch(/^(?:word )+word…$/);
    expect(new TextEncoder().encode(turns[0]?.text).length).toBeLessThanOrEqual(200);
  });

  it.each([460, 461, 462, 463, 464, 465])("of %i bytes is cut at a word", async (max) => {
    const { turns } = await firstPart([said("word ".repeat(500), 0)], max);
    expect(turns[0]?.text).toMatch(/^(?:word )+word…$/);
    expect(turns[0]?.text.length).toBeGreaterThan(max - 40 - 10);
  });

  it("that fits exactly is complete", async () => {
    const segments = [said("word ".repeat(39).trim(), 0), said("word", 1)];
    expect(await firstPart(segments, 40 + 194 + 1 + 4)).toMatchObject({ complete: true });
    expect(await firstPart(segments, 40 + 194 + 1 + 3)).toMatchObject({ complete: false });
  });

  it("whatever its words, is a start of them within the limit", async () => {
    const words = fc.array(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom("今天", "👨‍👩‍👧‍👦", "x".repeat(50)),
      ),
      {
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 0, max: 400 }), async (list, max) => {
        const whole = await firstPart([said(list.join(" "), 0)]);
        const part = await firstPart([said(list.join(" "), 0)], max);
        const text = part.turns[0]?.text ?? "";
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(Math.max(0, max - 40));
        expect(whole.turns[0]?.text ?? "").toSatisfy((all: string) =>
          part.complete ? all === text : all.startsWith(text.replace(/…$/, "")),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("the e-mail of a failure", () => {
  const failed = (error: Facts["error"]) =>
    composeEmail({
      ...KNOWN,
      event: "transcript.failed",
      facts: { ...FACTS, duration: null, error },
      receivedAt: "2026-11-23T23:59:04.852Z",
    });

  it.each<[string, string, string, RegExp]>([
    [
      "Bad Request",
      "Bad Request: failed to process audio: corrupt or unsupported data",
      "could not read the audio",
      /save it as WAV/,
    ],
    [
      "INVALID_AUDIO",
      "The audio ended before anything in it could be decoded.",
      "could not read the audio",
      /Play the file/,
    ],
    [
      "REMOTE_CONTENT_ERROR",
      "Could not fetch the URL",
      "could not fetch the recording",
      /address is public/,
    ],
    ["PAYLOAD_TOO_LARGE", "The payload is too large.", "larger than Deepgram takes", /Split it/],
    [
      "ASR_PAYMENT_REQUIRED",
      "Project does not have enough credits",
      "no credit left",
      /Add credit/,
    ],
    [
      "INSUFFICIENT_PERMISSIONS",
      "User does not have sufficient permissions",
      "credentials",
      /Check the API key/,
    ],
    ["TOO_MANY_REQUESTS", "Too many requests.", "too busy", /nothing is wrong with it/],
    ["DATA-0000", "Something else <b>", "could not transcribe", /Deepgram's support/],
  ])("%s is explained in plain words, with what to do", async (code, message, what, advice) => {
    const { subject, text, html } = await failed({ code, message, details: "More." });
    expect(subject).toBe("Transcription failed: recording of 23 November 2026, 23:59 UTC");
    expect(text).toContain(what);
    expect(text).toMatch(advice);
    expect(text).toContain(`Deepgram's own words: ${message} More. (${code})`);
    expect(text).toContain(LINK);
    expect(html).not.toContain("<b>");
  });

  it("without a reason quotes none", async () => {
    const { text } = await failed(null);
    expect(text).toContain("Deepgram could not transcribe this recording.");
    expect(text).not.toContain("own words");
  });
});

it("the e-mail of an overdue transcript says since when and what to do", async () => {
  const dueAt = "2026-11-23T23:59:04.852Z";
  const { subject, text } = await composeEmail({ ...KNOWN, event: "transcript.overdue", dueAt });
  expect(subject).toBe("Transcript overdue: expected by 23 November 2026, 23:59 UTC");
  expect(text).toContain("The transcript expected by 23 November 2026, 23:59 UTC has not come.");
  expect(text).toContain("submit it again");
  expect(text).toContain(LINK);
});

describe("a subject", () => {
  it.each([
    ["one\r\nBcc: victim@example.com", "one Bcc: victim@example.com"],
    ["one\u0000\u0085\u2028two", "one two"],
    ["=?utf-8?Q?=0D=0ABcc:x?=", "= ?utf-8?Q?=0D=0ABcc:x?="],
    ["\u202eevil\u202c \u2066x\u2069", "evil x"],
    ["\ud800x", "\ufffdx"],
    ["Ärztin – 予約", "Ärztin – 予約"],
  ])("%j becomes %j", (text, line) => {
    expect(subjectLine(text)).toBe(line);
  });

  it("is cut at a word", () => {
    expect(subjectLine("word ".repeat(99))).toBe(`${"word ".repeat(29)}word…`);
  });

  it("whatever its words, is one line of at most 150 units", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const line = subjectLine(text);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]|=\?/u);
        expect(line.length).toBeLessThanOrEqual(150);
        expect(line.isWellFormed()).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

const LENGTHS: [seconds: number, words: string][] = [
  [0, "0 s"],
  [0.6, "1 s"],
  [59.4, "59 s"],
  [60, "1 min"],
  [754.2, "12 min 34 s"],
  [3_600, "1 h"],
  [36_120, "10 h 2 min"],
  [-1, "0 s"],
];

it("lengths and moments are in words", () => {
  for (const [seconds, words] of LENGTHS) expect.soft(lengthInWords(seconds)).toBe(words);
  expect(momentInWords("2026-01-02T03:04:05Z")).toBe("2 January 2026, 03:04 UTC");
  expect(momentInWords("soon")).toBe("soon");
});
