import type { Range } from "../../lib/json/elements.ts";
import type { Path } from "../../lib/json/scanner.ts";
import { channelLanguage } from "./channel-segments.ts";
import type { Outline } from "./outline.ts";

/** Where the first alternative of a Deepgram channel has its text in a body, and its language. */
export type ChannelLayout = {
  language: string | null;
  /** Of the string, with its quotes. */
  transcript: Range | null;
  words: Range | null;
  paragraphs: Range | null;
};

type Text = Omit<ChannelLayout, "language"> & { languages: unknown };

const NO_TEXT: Text = { transcript: null, words: null, paragraphs: null, languages: undefined };

/** Looks for channels; `found` is called at the end of each that has a language or any text. */
export function channelOutline(found: (channel: ChannelLayout, path: Path) => void): Outline {
  let detected: unknown;
  let text = { ...NO_TEXT };
  const save =
    <Name extends keyof Text>(name: Name) =>
    (value: Text[Name]) => {
      text[name] = value;
    };
  const forget = () => {
    text = { ...NO_TEXT };
  };
  const paragraphs = {
    begin: () => save("paragraphs")(null),
    members: { paragraphs: { array: save("paragraphs") } },
  };
  const alternative = {
    transcript: { string: save("transcript") },
    words: { array: save("words") },
    languages: { value: save("languages") },
    paragraphs,
  };
  return {
    begin() {
      forget();
      detected = undefined;
    },
    members: {
      detected_language: {
        value(json) {
          detected = json;
        },
      },
      alternatives: { begin: forget, first: { members: alternative } },
    },
    end(_, path) {
      const { languages, ...ranges } = text;
      const alternatives = [{ languages }];
      const language = channelLanguage({ detected_language: detected, alternatives });
      if (language ?? ranges.transcript ?? ranges.words ?? ranges.paragraphs) {
        found({ language, ...ranges }, path);
      }
    },
  };
}
