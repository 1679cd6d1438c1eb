import { MEDIA_TYPES } from "../../read/formats.ts";
import { captionQuery } from "../../transcript/captions/caption-query.ts";
import { sliceQuery } from "../../transcript/slice/slice-query.ts";
import { notFound } from "../answers.ts";
import { pathParameter, queryParameters } from "../parameters.ts";
import type { Answer, Parameter } from "../specification.ts";

// What all operations have in common that give segments in a format.

const FORMATS = [...MEDIA_TYPES.keys()];

export const formatParameter = pathParameter(
  "format",
  "The format.",
  { type: "string", enum: FORMATS },
  "vtt",
);

export const DOWNLOAD =
  "Present, with any value or none: `Content-Disposition` names a file to save.";

export const NAMES =
  "`true`: voices are called by the names people gave them on the page of the transcript, in captions, text, Markdown and HTML; where there is none, by their numbers.";

export const sliceParameters = queryParameters(sliceQuery, {
  from: "Slice: seconds from the start of the audio. A word belongs where it begins.",
  to: "Slice: seconds from the start of the audio; what begins then is not in it.",
  channel: "Slice: the index of the channel, from 0.",
  speaker: "Slice: Deepgram's number of the speaker, from 0.",
  min_confidence: "Slice: words of less confidence are left out.",
});

/** Of a slice and of captions. */
export const viewParameters: Parameter[] = [
  ...sliceParameters,
  ...queryParameters(captionQuery, {
    max_chars:
      "Captions: the longest line, in columns (wide characters take two); 42 if not given.",
    max_lines: "Captions: the most lines at a time; 2 if not given.",
    max_seconds: "Captions: the most seconds that one stays; 7 if not given.",
    max_cps:
      "Captions: the most characters a second to be read (wide characters count as two); 20 if not given. Where speech is faster, a caption stays into the pause that follows, up to the next one and `max_seconds`.",
    speakers:
      "Whether speakers and channels are named, also in text, Markdown and HTML; if not given, where there are several.",
  }),
];

/** An address with a suffix leads nowhere: for what is told, or since there is no such format. */
export const noSuchFile = (description: string, ...details: string[]): Answer =>
  notFound(
    `${description} Or there is no such format.`,
    ...details,
    `There is no such format; the formats are ${FORMATS.join(", ")}.`,
  );
