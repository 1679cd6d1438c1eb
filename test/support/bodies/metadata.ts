import { FIRST_CALL_MS, requestIdFrom, uuid4 } from "./ids.ts";
import type { ListenMetadata } from "./listen-body.ts";
import type { ListenOptions } from "./options.ts";
import { hex, randomFrom } from "./random.ts";

const VERSIONS: Record<string, string> = {
  "nova-3": "2026-03-12.0",
  "nova-2": "2024-11-20.1742",
  base: "2023-06-01.907",
};

const seedOf = (name: string): number =>
  [...name].reduce((hash, char) => Math.imul(hash, 31) + char.charCodeAt(0), 7);

const extraOf = (options: ListenOptions): Record<string, string> | undefined =>
  options.callbackSecret === undefined
    ? options.extra
    : { ...options.extra, callback_secret: options.callbackSecret };

/** `metadata` of an answer about `duration` seconds of audio. A model keeps its id across seeds. */
export const metadataOf = (options: ListenOptions, duration: number): ListenMetadata => {
  const { seed = 1, model = "nova-3", warnings, tags } = options;
  const created = options.created ?? new Date(FIRST_CALL_MS).toISOString();
  const id = uuid4(randomFrom(seedOf(model)));
  const extra = extraOf(options);
  const diarizer = { model_uuid: uuid4(randomFrom(seedOf("diarizer"))), arch: "v1" };
  const info = {
    name: `general-${model}`,
    version: VERSIONS[model] ?? "2026-01-01.0",
    arch: model,
  };
  return {
    transaction_key: "deprecated",
    request_id: options.requestId ?? requestIdFrom(seed, Date.parse(created)),
    sha256: options.sha256 ?? hex(randomFrom(seed ^ 0x5a), 64),
    created,
    duration,
    channels: options.channels ?? 1,
    models: [id],
    model_info: { [id]: info },
    ...(options.diarize && { diarize_info: diarizer }),
    ...(warnings && { warnings }),
    ...(extra && { extra }),
    ...(tags && { tags }),
  };
};
