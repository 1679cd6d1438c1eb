type Json = Record<string, unknown>;

/** Deepgram words, a second each from `start`, half a second of it spoken. */
export function words(text: string, start = 0, each: Json = {}): Json[] {
  return text.split(" ").map((shown, i) => ({
    word: shown.toLowerCase().replace(/\W/g, ""),
    punctuated_word: shown,
    start: start + i,
    end: start + i + 0.5,
    confidence: 0.9,
    ...each,
  }));
}

export function alternative(spoken: Json[], more: Json = {}): Json {
  const transcript = spoken.map((word) => word.punctuated_word).join(" ");
  return { transcript, confidence: 0.9, words: spoken, ...more };
}

export function channel(spoken: Json[], more: Json = {}): Json {
  return { alternatives: [alternative(spoken, more)] };
}

export function utterance(transcript: string, start: number, more: Json = {}): Json {
  const spoken = words(transcript, start);
  const end = start + spoken.length - 0.5;
  return { transcript, start, end, channel: 0, confidence: 0.9, words: spoken, id: "u", ...more };
}

export function body(results: Json, duration = 60): Json {
  return { metadata: { request_id: "r", duration, channels: 1 }, results };
}
