import type { Setting, TranslatorSettings } from "../../config/providers.ts";
import { deepl } from "./providers/deepl.ts";
import { libreTranslate } from "./providers/libretranslate.ts";
import type { Translator } from "./providers/translator.ts";
import { workersAi } from "./providers/workers-ai.ts";

/** The translator that is configured, or what is missing of it. */
export function translatorOf(
  env: Pick<Env, "AI">,
  settings: Setting<TranslatorSettings>,
): Translator | { missing: string } {
  if (!settings.ok) return settings;
  switch (settings.provider) {
    case "workers-ai":
      return workersAi(env.AI, settings.model);
    case "libretranslate":
      return libreTranslate(settings);
    case "deepl":
      return deepl(settings);
  }
}
