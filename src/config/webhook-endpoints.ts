import * as z from "zod";
import { parseJson } from "../lib/bytes.ts";
import { publicUrlProblem } from "../lib/public-url.ts";
import { secretBytes } from "../lib/sign-webhook.ts";
import type { Report } from "./config.ts";
import { endpointName } from "./effect.ts";

/** `secrets` in the form `whsec_…`; each of them signs, so that receivers can rotate. */
export type WebhookEndpoint = { url: string; secrets: string[] };

const canSign = (value: string): boolean => secretBytes(value) !== null;

const secret = z.string().startsWith("whsec_").refine(canSign, "not base64 after whsec_");

const endpoint = z.object({
  url: z.url({ protocol: /^https?$/ }),
  secret: z.union([secret, z.array(secret).min(1)]),
});

/** Reads `{"NAME":{"url":"https://…","secret":"whsec_…"}}`; plain http is for local use only. */
export function webhookEndpoints(
  value: string | undefined,
  environment: "local" | "production",
  report: Report,
): Map<string, WebhookEndpoint> {
  const endpoints = new Map<string, WebhookEndpoint>();
  const all = z.record(z.string(), z.unknown()).safeParse(parseJson(value || "{}"));
  if (!all.success) report("WEBHOOK_ENDPOINTS", "not a JSON object");
  for (const [name, settings] of Object.entries(all.data ?? {})) {
    const parsed = endpoint.safeParse(settings);
    const problem = !endpointName.safeParse(name).success
      ? "the name of an endpoint is not made of letters, digits, - and _"
      : !parsed.success
        ? z.prettifyError(parsed.error).replaceAll("\n", " ")
        : unreachable(parsed.data.url, environment);
    if (problem) report("WEBHOOK_ENDPOINTS", `${name}: ${problem}`);
    else if (parsed.success) {
      endpoints.set(name, { url: parsed.data.url, secrets: [parsed.data.secret].flat() });
    }
  }
  return endpoints;
}

const unreachable = (url: string, environment: "local" | "production") =>
  environment === "production" ? publicUrlProblem(url) : null;
