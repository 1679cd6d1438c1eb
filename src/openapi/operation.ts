import type { Route } from "../http/route.ts";
import type { Method, Operation, SecurityRequirement } from "./specification.ts";

/** An operation as it is described; the document adds what follows from its scope. */
export type Described = Omit<Operation, "security" | "tags"> & {
  method: Method;
  path: string;
  tag: Tag;
  /** As in `ROUTES`. */
  scope: Route["scope"];
  /** Where it asks for something else than a token. */
  security?: SecurityRequirement[];
};

/** The parts of the document, in order. */
export const TAGS = {
  Receiving: "What Deepgram calls.",
  Submitting: "Audio for Deepgram, and callbacks that are to come.",
  Reading: "Transcripts and what is known of them.",
  "Follow-ups": "What is to happen with transcripts besides, and what was given up.",
  Sharing: "Links by which whoever has them may read a transcript, or a part of it, for a time.",
  Administration: "What could not be matched, API tokens, and deletion.",
  About: "The Worker itself.",
} as const;

export type Tag = keyof typeof TAGS;
