import { expect, test } from "vitest";
import { RENDERINGS, type RenderedFormat } from "../../../../src/read/formats.ts";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { fc } from "../../../support/fast-check.ts";
import { anyWords, isUnspaced, type Said, TOKEN } from "./any-words.ts";
import { streamed, TINY, whole } from "./stored.ts";

type Block = { voice: string; language?: string; text: string };

const isThai = (token: string) => /[\u0e01-\u0e2e]/.test(token);

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
    fc.asyncProperty(anyWords(fc), async ({ body, said, isOrdered }) => {
      const json = JSON.stringify(body);
      const segments = whole(json);
      expect((await streamed(json, TINY)).found).toEqual(segments);
      const many = said.some(({ channel }) => channel !== 0);
      const inOrder = (tokens: Map<string, string[]>) =>
        new Map([...tokens].map(([voice, all]) => [voice, isOrdered ? all : all.toSorted()]));
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
          expectJoined(text.replace(BROKEN, ""), isTable);
          for (const token of tokens) {
            const own = languages.get(token);
            if (language !== undefined && own) expect([token, language]).toEqual([token, own]);
          }
        }
        const shown = [...texts].map(([voice, text]) => [voice, tokensOf(text)] as const);
        const filled = new Map(shown.filter(([, tokens]) => tokens.length > 0));
        expect([format, inOrder(filled)]).toEqual([format, inOrder(expected)]);
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
