import { expect, test } from "vitest";
import { RENDERINGS, type RenderedFormat } from "../../../../src/read/formats.ts";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { fc } from "../../../support/fast-check.ts";
import { streamed, TINY, whole } from "./stored.ts";

// Every word of a body is told apart by its spelling, so that it is found again in any format.

type Script = "latin" | "korean" | "han" | "thai";
type Said = {
  token: string;
  channel: number;
  speaker: number | null;
  language: string | null;
  start: number;
  end: number;
};
type Block = { voice: string; language?: string; text: string };

const SCRIPTS: readonly Script[] = ["latin", "korean", "han", "thai"];
const TOKEN = /w[a-m]+z|[\uac00-\ud7a3]{2}|[\u4e00-\u9fff]{2}|[\u0e01-\u0e2e]{2}/g;
const isUnspaced = (token: string) => /[\u4e00-\u9fff\u0e01-\u0e2e]/.test(token);
const isThai = (token: string) => /[\u0e01-\u0e2e]/.test(token);

function tokenOf(script: Script, n: number): string {
  const pair = (first: number, count: number) =>
    String.fromCharCode(first + (n % count), first + (Math.floor(n / count) % count));
  if (script === "han") return pair(0x4e00, 200);
  if (script === "thai") return pair(0x0e01, 40);
  if (script === "korean") return pair(0xac00, 200);
  return `w${[...n.toString(13)].map((digit) => "abcdefghijklm"[Number.parseInt(digit, 13)]).join("")}z`;
}

const anyWord = fc.record({
  script: fc.constantFrom(...SCRIPTS),
  speaker: fc.constantFrom(0, 0, 0, 1, 2),
  language: fc.constantFrom("en", "en", "en", "zh", "es"),
  pause: fc.constantFrom(0, 0.1, 0.3, 0.9, 3),
  // Without any length their order, and their sentence, could not be told.
  length: fc.constantFrom(0.02, 0.1, 0.4),
  endsGroup: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
});
const anyGroup = fc.record({
  speaker: fc.constantFrom(undefined, null, 0, 1, 7, "x"),
  languages: fc.constantFrom(undefined, ["en"], ["es", "en"], "fr"),
  writes: fc.constantFrom("spaced", "naturally", "not"),
  confidence: fc.constant(0.9),
});
const anyChannel = fc.record({
  words: fc.array(anyWord, { maxLength: 30 }),
  groups: fc.array(anyGroup, { minLength: 1, maxLength: 4 }),
  grouped: fc.constantFrom("utterances", "paragraphs", "not"),
  transcript: fc.constantFrom("spaced", "naturally", "not"),
  hasSpeakers: fc.boolean(),
  hasLanguages: fc.boolean(),
  detected: fc.constantFrom(undefined, "en", "ja"),
  at: fc.nat(5),
});

const naturally = (tokens: readonly string[]) =>
  tokens.reduce((text, token, i) => {
    const joins = i === 0 || (isUnspaced(tokens[i - 1]!) && isUnspaced(token));
    return text + (joins ? "" : " ") + token;
  }, "");
const written = (how: string, tokens: readonly string[]) =>
  how === "not" ? undefined : how === "spaced" ? tokens.join(" ") : naturally(tokens);

/** A body, and the words it has. */
const anyBody = fc
  .record({
    channels: fc.array(anyChannel, { minLength: 1, maxLength: 3 }),
    isReversed: fc.boolean(),
  })
  .map(({ channels: given, isReversed }) => {
    const said: Said[] = [];
    const utterances: unknown[] = [];
    const channels = given.map((one, channel) => {
      let clock = one.at;
      const own: Said[] = [];
      const groups: Said[][] = [[]];
      for (const word of one.words) {
        const start = Math.round((clock + word.pause) * 1000) / 1000;
        clock = Math.round((start + word.length) * 1000) / 1000;
        const spoken: Said = {
          token: tokenOf(word.script, said.length + own.length),
          channel,
          speaker: one.hasSpeakers ? word.speaker : null,
          language: one.hasLanguages ? word.language : null,
          start,
          end: clock,
        };
        own.push(spoken);
        groups.at(-1)!.push(spoken);
        if (word.endsGroup) groups.push([]);
      }
      said.push(...own);
      const json = ({ token, speaker, language, start, end }: Said) => ({
        word: token,
        start,
        end,
        ...(speaker !== null && { speaker }),
        ...(language !== null && { language }),
      });
      const filled = groups.filter((group) => group.length > 0);
      const groupsOf = filled.map((group, i) => {
        const { writes, speaker, ...rest } = one.groups[i % one.groups.length]!;
        // Where no word has a speaker, that of the group counts.
        const more = { ...rest, speaker: one.hasSpeakers ? speaker : null };
        const tokens = group.map(({ token }) => token);
        const times = { start: group[0]!.start, end: group.at(-1)!.end };
        return { group, text: written(writes, tokens), times, more };
      });
      if (one.grouped === "utterances") {
        for (const { group, text: transcript, times, more } of groupsOf) {
          utterances.push({ ...more, ...times, channel, transcript, words: group.map(json) });
        }
      }
      const paragraphs = groupsOf.map(({ group, text, times, more }) => ({
        speaker: more.speaker,
        sentences: [{ text: text ?? naturally(group.map(({ token }) => token)), ...times }],
      }));
      const tokens = own.map(({ token }) => token);
      return {
        detected_language: one.detected,
        alternatives: [
          {
            transcript: written(one.transcript, tokens),
            words: own.map(json),
            ...(one.grouped === "paragraphs" && { paragraphs: { paragraphs } }),
          },
        ],
      };
    });
    const results = { channels, utterances: isReversed ? utterances.reverse() : utterances };
    return { body: { metadata: { duration: 100 }, results }, said };
  });

const voiceOf = ({ channel, speaker }: Pick<Said, "channel" | "speaker">, many: boolean) =>
  [
    ...(many ? [`Channel ${channel}`] : []),
    ...(speaker === null ? [] : [`Speaker ${speaker}`]),
  ].join(", ");

const unescaped = (html: string) => html.replace(/<[^>]*>/g, "").replaceAll("&amp;", "&");

/** The text of a format as blocks of one speaker, in order. */
const BLOCKS: Record<RenderedFormat, (file: string) => Block[]> = {
  jsonl: (file) => file.split("\n").filter(Boolean).map(blockOfSegment),
  csv: (file) =>
    file
      .split("\r\n")
      .slice(1, -1)
      .map((row) => {
        const [, , channel, speaker, language, , text] = row.split(",");
        return { voice: `${channel}/${speaker}`, language: language!, text: text! };
      }),
  txt: (file) =>
    file
      .trim()
      .split("\n\n")
      .flatMap(named(/^(?:((?:Channel|Speaker) [^:]*): )?(.*)$/s)),
  md: (file) =>
    file
      .trim()
      .split("\n\n")
      .flatMap(named(/^(?:\*\*(.*?)\*\* )?\([\d:]+\) (.*)$/s)),
  html: (file) =>
    [...file.matchAll(/<\/a>(.*?)<\/h2>\n<p lang="(.*?)">(.*?)<\/p>/gs)].flatMap(
      ([, name = "", language = "", inner = ""]) =>
        inner.split(/(<span.*?<\/span>)/s).map((part) => ({
          voice: name.trim(),
          language: /^<span lang="(.*?)"/.exec(part)?.[1] ?? language,
          text: unescaped(part),
        })),
    ),
  vtt: (file) =>
    file
      .split("\n\n")
      .slice(1)
      .flatMap((cue) => {
        const text = cue.split("\n").slice(1).join("\n");
        const turns = [...text.matchAll(/<v (.*?)>(.*?)<\/v>/gs)];
        if (turns.length > 0)
          return turns.map(([, voice = "", said = ""]) => ({ voice, text: said }));
        return [{ voice: "", text }];
      }),
  srt: (file) => {
    let voice = "";
    return file
      .split("\n\n")
      .slice(0, -1)
      .flatMap((cue) => {
        const turns = cue.replace(/^.*\n.*\n/, "").split(/\n(?=- )/);
        return turns.map((line) => {
          const [, name, text = ""] = /^(?:- )?(?:((?:Channel|Speaker) [^:]*):)?(.*)$/s.exec(line)!;
          voice = name ?? voice;
          return { voice, text };
        });
      });
  },
};

function blockOfSegment(line: string): Block {
  const { channel, speaker, language, text }: Segment = JSON.parse(line);
  return { voice: `${channel}/${speaker ?? ""}`, language: language ?? "", text };
}

const named = (form: RegExp) => (block: string) => {
  const found = form.exec(block);
  return found === null ? [] : [{ voice: found[1] ?? "", text: found[2] ?? "" }];
};

/** A line, or a cue, may end within a word of a script without spaces. */
const BROKEN = /(?<=[\u4e00-\u9fff\u0e01-\u0e2e])\n(?=[\u4e00-\u9fff\u0e01-\u0e2e])/g;
const tokensOf = (text: string) => text.replace(BROKEN, "").match(TOKEN) ?? [];

test("in any format each word stands under its speaker, channel and language, beside its neighbours", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anyBody, async ({ body, said }) => {
      const json = JSON.stringify(body);
      const segments = whole(json);
      expect((await streamed(json, TINY)).found).toEqual(segments);
      const many = said.some(({ channel }) => channel !== 0);
      const languages = new Map(said.map(({ token, language }) => [token, language]));
      for (const [format, { render }] of Object.entries(RENDERINGS)) {
        const file = (await Array.fromAsync(render(segments, { title: "t", speakers: true }))).join(
          "",
        );
        const isTable = format === "jsonl" || format === "csv";
        const expected = new Map<string, string[]>();
        for (const word of said) {
          const voice = isTable ? `${word.channel}/${word.speaker ?? ""}` : voiceOf(word, many);
          expected.set(voice, [...(expected.get(voice) ?? []), word.token]);
        }
        const texts = new Map<string, string>();
        for (const { voice, language, text } of BLOCKS[format as RenderedFormat](file)) {
          const tokens = tokensOf(text);
          texts.set(voice, `${texts.get(voice) ?? ""}\n${text.trim()}`);
          expectJoined(text, isTable);
          for (const token of tokens) {
            const own = languages.get(token);
            if (language !== undefined && own) expect([token, language]).toEqual([token, own]);
          }
        }
        const shown = [...texts].map(([voice, text]) => [voice, tokensOf(text)] as const);
        const filled = new Map(shown.filter(([, tokens]) => tokens.length > 0));
        expect([format, filled]).toEqual([format, expected]);
      }
    }),
    { numRuns: 300 },
  );
});

/** No space within scripts that have none, one between words of the others. */
function expectJoined(text: string, isOneSegment: boolean): void {
  const found = [...text.matchAll(TOKEN)];
  for (const [i, { 0: right, index }] of found.entries()) {
    if (i === 0) continue;
    const { 0: left, index: from } = found[i - 1]!;
    const between = text.slice(from + left.length, index);
    if (isUnspaced(left) && isUnspaced(right)) {
      // Sentences of Thai are set apart, and lines are broken anywhere.
      const isSentence = isThai(left) && !isOneSegment && between === " ";
      if (between !== "\n" && !isSentence)
        expect([left, between, right]).toEqual([left, "", right]);
    } else if (!isUnspaced(left) && !isUnspaced(right)) {
      expect([left, between.replace("\n", " "), right]).toEqual([left, " ", right]);
    }
  }
}
