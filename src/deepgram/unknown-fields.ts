/** What bodies of `/v1/listen` and `/v1/read`, and documents of streams, have been seen or documented to have, by where it stands. */
const KNOWN = {
  "": "metadata results",
  metadata:
    "transaction_key request_id sha256 created language duration channels models model_info extra tags warnings diarize_info summary_info topics_info intents_info sentiment_info",
  results: "channels utterances summary topics intents sentiments utterance_ends speech_starts",
  "results.channels": "search alternatives detected_language language_confidence languages_hinted",
  "results.channels.alternatives":
    "transcript confidence words paragraphs entities summaries topics translations languages languages_hinted",
  "results.channels.alternatives.words":
    "word start end confidence punctuated_word speaker speaker_confidence language sentiment sentiment_score",
  "results.utterances":
    "start end confidence channel transcript words speaker id sentiment sentiment_score languages language topics",
} as const;

const MAX_FOUND = 20;
const NAME = /^[A-Za-z_][\w-]{0,39}$/;

/**
 * Paths of the fields of a transcript that are not known, such as `metadata.novelty`; of each list the
 * first element counts. A name that could be anything but a name is left out.
 */
export function unknownFields(body: unknown): string[] {
  const found: string[] = [];
  for (const [place, known] of Object.entries(KNOWN)) {
    const names = known.split(" ");
    for (const name of Object.keys(at(body, place))) {
      if (names.includes(name) || !NAME.test(name) || found.length === MAX_FOUND) continue;
      found.push(place === "" ? name : `${place}.${name}`);
    }
  }
  return found;
}

/** The object at a place; an empty one where there is none. */
function at(body: unknown, place: string): object {
  let value: unknown = body;
  for (const name of place.split(".").filter((part) => part !== "")) {
    value = (value as Record<string, unknown> | null | undefined)?.[name];
    if (Array.isArray(value)) value = value[0];
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
