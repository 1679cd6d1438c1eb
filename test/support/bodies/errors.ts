/** The ways a failure has been spelled. */
export const ERROR_SPELLINGS = ["err_code", "category", "error_code", "text", "empty"] as const;

export type ErrorSpelling = (typeof ERROR_SPELLINGS)[number];

const MESSAGE = "The audio ended before anything in it could be decoded.";

/** A body Deepgram could send when transcription failed; no public capture exists, these are made. */
export const errorBody = (spelling: ErrorSpelling, requestId: string): string => {
  switch (spelling) {
    case "err_code":
      return JSON.stringify({ err_code: "Bad Request", err_msg: MESSAGE, request_id: requestId });
    case "category": {
      const details = "Unknown container at byte 0.";
      const category = "INVALID_AUDIO";
      return JSON.stringify({ category, message: MESSAGE, details, request_id: requestId });
    }
    case "error_code":
      return JSON.stringify({ error_code: "DATA-0000", error: MESSAGE, request_id: requestId });
    case "text":
      return `Transcription failed: ${MESSAGE}`;
    case "empty":
      return "";
  }
};
