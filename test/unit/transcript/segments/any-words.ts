import type { Arbitrary, default as FastCheck } from "fast-check";

// Bodies in which every word is told apart by its spelling, so that it is found again in any format.

type Script = "latin" | "korean" | "han" | "thai";

/** A word of a body, and where it belongs. */
export type Said = {
  token: string;
  channel: number;
  speaker: number | null;
  language: string | null;
};
type Timed = Said & { start: number; end: number; isTimed: boolean };

export type AnyWords = {
  body: unknown;
  said: Said[];
  /** Whether all come in their order: none is out of it, and no two groups overlap. */
  isOrdered: boolean;
};

const SCRIPTS: readonly Script[] = ["latin", "korean", "han", "thai"];
export const TOKEN = /w[a-m]+z|[\uac00-\ud7a3]{2}|[\u4e00-\u9fff]{2}|[\u0e01-\u0e2e]{2}/g;
export const isUnspaced = (token: string) => /[\u4e00-\u9fff\u0e01-\u0e2e]/.test(token);

function tokenOf(script: Script, n: number): string {
  const pair = (first: number, count: number) =>
    String.fromCharCode(first + (n % count), first + (Math.floor(n / count) % count));
  if (script === "han") return pair(0x4e00, 200);
  if (script === "thai") return pair(0x0e01, 40);
  if (script === "korean") return pair(0xac00, 200);
  return `w${[...n.toString(13)].map((digit) => "abcdefghijklm"[Number.parseInt(digit, 13)]).join("")}z`;
}

const naturally = (tokens: readonly string[]) =>
  tokens.reduce((text, token, i) => {
    const joins = i === 0 || (isUnspaced(tokens[i - 1]!) && isUnspaced(token));
    return text + (joins ? "" : " ") + token;
  }, "");
const written = (how: string, tokens: readonly string[]) =>
  how === "not" ? undefined : how === "spaced" ? tokens.join(" ") : naturally(tokens);
const millis = (seconds: number) => Math.round(seconds * 1000) / 1000;

/** How a group lists its words. */
const LISTINGS = ["same", "rounded", "untimed", "none"] as const;

/**
 * Bodies of any words, in utterances or paragraphs or not, and what is right of them: each word once,
 * under its own speaker, channel and language, beside its neighbours. So are
 * - words without times, as if said when the word before them ended;
 * - words out of order, in the order of their groups, or else of the list;
 * - words of no length;
 * - words of groups that overlap, each group's together;
 * - words that an utterance leaves out, or that are in none, between their neighbours;
 * - words of an utterance that says another channel, or none: in their own.
 */
export function anyWords(fc: typeof FastCheck): Arbitrary<AnyWords> {
  const rarely = fc.integer({ min: 0, max: 7 }).map((n) => n === 0);
  const anyWord = fc.record({
    script: fc.constantFrom(...SCRIPTS),
    speaker: fc.constantFrom(0, 0, 0, 1, 2),
    language: fc.constantFrom("en", "en", "en", "zh", "es"),
    pause: fc.constantFrom(0, 0.1, 0.3, 0.9, 3),
    length: fc.constantFrom(0, 0.02, 0.1, 0.4),
    endsGroup: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    isUntimed: rarely,
    isLeftOut: rarely,
    isSwapped: rarely,
    isOfOther: rarely,
  });
  const anyGroup = fc.record({
    speaker: fc.constantFrom(undefined, null, 0, 1, 7, "x"),
    languages: fc.constantFrom(undefined, ["en"], ["es", "en"], "fr"),
    writes: fc.constantFrom("spaced", "naturally", "not"),
    lists: fc.constantFrom("same", ...LISTINGS),
    isMissing: rarely,
    channel: fc.constantFrom("own", "own", "own", undefined, 0, 1, 9),
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
    areTimed: fc.constantFrom("all", "all", "most", "none"),
    odd: fc.subarray(["swapped", "overlapping", "left out", "misplaced"]),
  });
  return fc
    .record({
      channels: fc.array(anyChannel, { minLength: 1, maxLength: 3 }),
      isReversed: fc.boolean(),
    })
    .map(({ channels: given, isReversed }) => {
      const said: Said[] = [];
      const utterances: unknown[] = [];
      let isOrdered = true;
      const channels = given.map((one, channel) => {
        let clock = one.at;
        const own: Timed[] = [];
        const groups: Timed[][] = [[], []];
        const hides = one.odd.includes("left out") && one.grouped === "utterances";
        const overlaps = one.odd.includes("overlapping") && one.grouped === "utterances";
        const kept = new Map<Timed, boolean>();
        // Without times or lengths nothing tells the order but the list.
        const isSwapped = one.odd.includes("swapped") && one.areTimed === "all";
        const least = isSwapped ? 0.02 : 0;
        for (const word of one.words) {
          const isUntimed = one.areTimed === "none" || (one.areTimed === "most" && word.isUntimed);
          const start = isUntimed ? clock : millis(clock + word.pause);
          clock = isUntimed ? clock : millis(start + Math.max(least, word.length));
          const spoken: Timed = {
            token: tokenOf(word.script, said.length + own.length),
            channel,
            speaker: one.hasSpeakers ? word.speaker : null,
            language: one.hasLanguages ? word.language : null,
            start,
            end: clock,
            isTimed: !isUntimed,
          };
          own.push(spoken);
          kept.set(spoken, !(hides && word.isLeftOut));
          groups.at(overlaps && word.isOfOther ? -2 : -1)!.push(spoken);
          if (word.endsGroup) groups.push(...(overlaps ? [[], []] : [[]]));
        }
        said.push(...own);
        const json = ({ token, speaker, language, start, end, isTimed }: Timed) => ({
          word: token,
          ...(isTimed && { start, end }),
          ...(speaker !== null && { speaker }),
          ...(language !== null && { language }),
        });
        const listings = {
          same: json,
          rounded: (word: Timed) => json({ ...word, start: Number(word.start.toFixed(1)) }),
          untimed: (word: Timed) => json({ ...word, isTimed: false }),
          none: json,
        };
        const groupsOf = groups.flatMap((all, i) => {
          const { writes, speaker, lists, isMissing, languages, ...rest } =
            one.groups[i % one.groups.length]!;
          const group = all.filter((word) => kept.get(word));
          if (group.length === 0 || (hides && isMissing)) return [];
          const tokens = group.map(({ token }) => token);
          const times = { start: group[0]!.start, end: group.at(-1)!.end };
          // Where no word has a speaker, that of the group counts.
          const more = { languages, speaker: one.hasSpeakers ? speaker : null };
          const isMisplaced = one.odd.includes("misplaced") && lists !== "none";
          const number = isMisplaced && rest.channel !== "own" ? rest.channel : channel;
          return [{ text: written(writes, tokens), tokens, times, more, lists, number, group }];
        });
        if (one.grouped === "utterances") {
          for (const { group, text: transcript, times, more, lists, number } of groupsOf) {
            const words = lists === "none" ? [] : group.map(listings[lists]);
            utterances.push({ ...more, ...times, channel: number, transcript, words });
          }
        }
        const paragraphs = groupsOf.map(({ text, times, more, tokens }) => ({
          speaker: more.speaker,
          sentences: [{ text: text ?? naturally(tokens), ...times }],
        }));
        const tokens = own.map(({ token }) => token);
        if (isSwapped || overlaps) isOrdered = false;
        const listed = [...own];
        one.words.forEach(({ isSwapped: swaps }, i) => {
          if (!isSwapped || !swaps || i === 0) return;
          [listed[i - 1], listed[i]] = [listed[i]!, listed[i - 1]!];
        });
        return {
          detected_language: one.detected,
          alternatives: [
            {
              transcript: written(one.transcript, tokens),
              words: listed.map(json),
              ...(one.grouped === "paragraphs" && { paragraphs: { paragraphs } }),
            },
          ],
        };
      });
      const results = { channels, utterances: isReversed ? utterances.reverse() : utterances };
      return { body: { metadata: { duration: 100 }, results }, said, isOrdered };
    });
}
