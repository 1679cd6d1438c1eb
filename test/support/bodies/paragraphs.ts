import { joinerOf } from "./lines.ts";
import type { ListenAlternative, ListenParagraph } from "./listen-body.ts";
import type { ListenOptions } from "./options.ts";
import type { SpokenWord, Turn } from "./speech.ts";
import { textOf } from "./words.ts";

const TURNS_WITHOUT_SPEAKERS = 4;
const SENTENCE_END = /[.?!。？！؟]$/u;

const sentencesOf = (words: SpokenWord[]): SpokenWord[][] => {
  const sentences: SpokenWord[][] = [];
  let open = false;
  for (const word of words) {
    if (open) sentences.at(-1)!.push(word);
    else sentences.push([word]);
    open = !SENTENCE_END.test(word.written);
  }
  return sentences;
};

const paragraphOf = (turns: Turn[], options: ListenOptions): ListenParagraph => {
  const words = turns.flatMap((turn) => turn.words);
  return {
    sentences: sentencesOf(words).map((sentence) => ({
      text: textOf(sentence, options),
      start: sentence[0]!.start,
      end: sentence.at(-1)!.end,
    })),
    ...(options.diarize && { speaker: turns[0]!.speaker }),
    num_words: words.length,
    start: words[0]!.start,
    end: words.at(-1)!.end,
  };
};

/** Paragraphs of one channel: one a turn with diarization, else one for several turns. */
export const paragraphsOf = (
  turns: Turn[],
  options: ListenOptions,
): NonNullable<ListenAlternative["paragraphs"]> => {
  const size = options.diarize ? 1 : TURNS_WITHOUT_SPEAKERS;
  const groups = turns.flatMap((_, index) =>
    index % size === 0 ? [turns.slice(index, index + size)] : [],
  );
  const paragraphs = groups.map((group) => paragraphOf(group, options));
  const shown = paragraphs.map((paragraph) => {
    const text = paragraph.sentences
      .map((sentence) => sentence.text)
      .join(joinerOf(options.language ?? "en"));
    return paragraph.speaker === undefined ? text : `Speaker ${paragraph.speaker}: ${text}`;
  });
  return { transcript: `\n${shown.join("\n\n")}`, paragraphs };
};
