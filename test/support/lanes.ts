import { MAX_HELD_BYTES } from "../../src/lib/held-bytes.ts";
import { deliver } from "./deliver.ts";

/** A way for a body to come in; all of them must be indistinguishable from outside. */
export type Lane = {
  name: string;
  deliver: typeof deliver;
  /** The body that is delivered for a given one. */
  grown: (body: string) => string;
};

const PADDING = " ".repeat(MAX_HELD_BYTES);

// White space before or after changes nothing but the size; an empty body stays empty.
const padded = (body: string) => (body === "" ? "" : body + PADDING);

const chunked = (body: string) =>
  new Blob([body]).stream().pipeThrough(new IdentityTransformStream());

const text = (body: BodyInit | null) => {
  if (typeof body !== "string") throw new Error("lanes deliver texts");
  return body;
};

const announced =
  (grown: Lane["grown"]): Lane["deliver"] =>
  (body, delivery = {}) => {
    const bytes = new TextEncoder().encode(grown(text(body)));
    const headers = { "content-length": String(bytes.length), ...delivery.headers };
    return deliver(bytes, { ...delivery, headers });
  };

const asIs = (body: string) => body;

export const LANES: Lane[] = [
  { name: "held with a length", grown: asIs, deliver: announced(asIs) },
  { name: "held without a length", grown: asIs, deliver },
  { name: "streamed with a length", grown: padded, deliver: announced(padded) },
  {
    name: "streamed without a length",
    grown: padded,
    deliver: (body, delivery) => deliver(chunked(padded(text(body))), delivery),
  },
];
