import { languageModel } from "./language-model.ts";
import { m2m100 } from "./m2m100.ts";
import { type AiBinding, modelRunner } from "./run-model.ts";
import type { Translator } from "./translator.ts";

export const M2M100_MODEL = "@cf/meta/m2m100-1.2b";

/** Translates with Workers AI: with m2m100, or with any text generation model that has JSON mode. */
export function workersAi(binding: AiBinding, model: string = M2M100_MODEL): Translator {
  const run = modelRunner(binding, model);
  return model === M2M100_MODEL ? m2m100(run) : languageModel(run);
}
