import { type Mutation, mutationsOf } from "../mutation.ts";

const SEARCH = "test/unit/transcript/search/search.test.ts";
const CUE_TIMES = "test/unit/transcript/captions/cue-times.test.ts";
const CUE_TEXT = "test/unit/transcript/captions/cue-text.test.ts";
const OTHER_WORDS = "test/unit/transcript/segments/other-words.test.ts";

/** Which words are shown, for how long, and which are found. */
export const READING: readonly Mutation[] = [
  ...mutationsOf(
    "src/transcript/search/tokens.ts",
    [SEARCH],
    [
      {
        breaks: "apostrophes do not matter in a search",
        from: "return APOSTROPHE.test(between);",
        to: "return false;",
      },
      {
        breaks: "thousands are found without their separators",
        from: "if (THOUSANDS.test(between) && before.key.length <= 3 && length === 3) return true;",
        to: "",
      },
      {
        breaks: "a telephone number is found without its separators",
        from: "return IN_NUMBER.test(between) && length >= 2 && length <= 4;",
        to: "return false;",
      },
      {
        breaks: "dollars are found without their cents",
        from: 'if (between === "." && length === 2 && before.key.length !== 2) return false;',
        to: "",
      },
      {
        breaks: "digits of one number are joined with nothing else",
        from: "const areDigits = DIGITS.test(before.key) && DIGITS.test(after.key);",
        to: "const areDigits = DIGITS.test(after.key);",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/search/search.ts",
    [SEARCH],
    [
      {
        breaks: "a phrase in the other spelling is a hit",
        from: "if (matchedJoined === joined.length) from = Math.min(from, begins[0]!);",
        to: "",
      },
      {
        breaks: "a hit begins where its first joined word does",
        from: "if (begins.length > joined.length) begins.shift();",
        to: "",
      },
      {
        breaks: "hits in both spellings do not overlap",
        from: "matchedJoined = begin < free ? 0 : joined.advance(matchedJoined, word.key);",
        to: "matchedJoined = joined.advance(matchedJoined, word.key);",
      },
      {
        breaks: "a joined phrase is found over two segments",
        from: "return Math.min(tokensRead - matched, ofJoined);",
        to: "return tokensRead - matched;",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/captions/captions.ts",
    [CUE_TIMES],
    [
      {
        breaks: "a caption stays until it can be read",
        from: "Math.max(READABLE_MS, endMs - startMs, readMs)",
        to: "Math.max(READABLE_MS, endMs - startMs)",
      },
      {
        breaks: "a caption stays no longer than max_seconds",
        from: "Math.min(maxMs, Math.max(READABLE_MS",
        to: "Math.min(Infinity, Math.max(READABLE_MS",
      },
      {
        breaks: "a caption ends where the next one begins",
        from: "if (neededEndMs <= next.startMs) return next.startMs;",
        to: "if (neededEndMs <= next.startMs) return wantedEndMs;",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/captions/draft-cues.ts",
    [CUE_TIMES],
    [
      {
        breaks: "max_cps says how long a caption takes to read",
        from: "readMs: Math.ceil((chars * 1000) / maxCps)",
        to: "readMs: Math.ceil((chars * 1000) / 20)",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/captions/draft-cues.ts",
    [CUE_TEXT, CUE_TIMES],
    [
      {
        breaks: "two who talk at once share a caption",
        from: "if (one.voice === other.voice || !isTooFast(first, second)) return null;",
        to: "if (one.voice !== null) return null;",
      },
      {
        breaks: "one who can be read before the other begins has a caption alone",
        from: "if (availableMs >= Math.max(READABLE_MS, first.readMs)) return false;",
        to: "",
      },
      {
        breaks: "a turn that begins a little early has a caption alone",
        from: "return isTalkOver || availableMs < FLASH_MS;",
        to: "return overlapMs > 0 || availableMs < FLASH_MS;",
      },
      {
        breaks: "what is said long before the other begins has a caption alone",
        from: "if (second.startMs - first.startMs >= MAX_LEAD_MS) {",
        to: "if (second.startMs - first.startMs >= Infinity) {",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/segments/match-words.ts",
    [OTHER_WORDS],
    [
      {
        breaks: "a word that an utterance left out stands between its neighbours",
        from: "if (before === undefined || before.owner !== after?.owner) {",
        to: "if (before === undefined || after !== undefined) {",
      },
      {
        breaks: "a word in another spelling is shown once",
        from: "if (at !== -1 || owed.some((word) => isAtOnce(word, spoken))) return false;",
        to: "if (at !== -1) return false;",
      },
      {
        breaks: "an utterance of another channel's words is left out",
        from: "open = open.filter(({ group }) => !strays.includes(group));",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/segments/claim-words.ts",
    [OTHER_WORDS],
    [
      {
        breaks: "words rounded otherwise are the same",
        file: "src/transcript/segments/spoken-words.ts",
        from: "return apart <= SAME_SECONDS && isAlike(one.word.text, other.word.text);",
        to: "return apart <= EXACT_SECONDS && isAlike(one.word.text, other.word.text);",
      },
      {
        breaks: "a group that comes late shows no word again",
        from: "const isForgotten = listed.isTimed && listed.word.start < forgottenUntil;",
        to: "const isForgotten = false;",
      },
      {
        breaks: "the time, speaker and language of a word are the channel's",
        from: "speaker: spoken.speaker ?? listed.speaker,",
        to: "speaker: listed.speaker,",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/segments/words-to-segments.ts",
    [OTHER_WORDS],
    [
      {
        breaks: "a word that the text of a group leaves out is set into it",
        from: "endedAs(withMissing(text, only.words), only.words)",
        to: "endedAs(text, only.words)",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/segments/body-layout.ts",
    ["test/unit/transcript/segments/body-layout.test.ts", OTHER_WORDS],
    [
      {
        breaks: "words that utterances do not all list alike are read where they stand",
        from: "hash !== undefined && wordsHash !== null && areAlike(hash, wordsHash)",
        to: "hash !== undefined && wordsHash !== null",
      },
    ],
  ),
  ...mutationsOf(
    "src/transcript/segments/cut-long.ts",
    ["test/unit/transcript/segments/cut-long.test.ts"],
    [
      {
        breaks: "long speech is cut where its words spell the text otherwise",
        from: "places ?? sharedPlaces(words, text)",
        to: "places ?? words.map(() => null)",
      },
      {
        breaks: "long speech is cut where no word is in its text",
        from: "part.text.length <= MAX_CHARS ? [part]",
        to: "part.text.length > 0 ? [part]",
      },
    ],
  ),
];
