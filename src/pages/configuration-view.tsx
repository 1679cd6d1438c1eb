import type { ConfigProblem } from "../config/config.ts";

const SECRETS = [
  "CALLBACK_CREDENTIALS",
  "CALLBACK_SECRETS",
  "SIGNING_KEYS",
  "API_TOKENS",
  "WEBHOOK_ENDPOINTS",
  "DEEPGRAM_API_KEY",
  "RESEND_API_KEY",
  "TWILIO_ACCOUNT_SID",
  "TWILIO_AUTH_TOKEN",
  "DEEPL_API_KEY",
  "LIBRETRANSLATE_API_KEY",
] as const satisfies (keyof Env)[];

type Configuration = { problems: readonly ConfigProblem[]; env: Env };

/** What is wrong with the configuration, and which secrets are set; never what they are. */
export const ConfigurationView = ({ problems, env }: Configuration) => (
  <section aria-labelledby="configuration">
    <h2 id="configuration">Configuration</h2>
    {problems.length > 0 && (
      <ul class="notices">
        {problems.map(({ name, problem }) => (
          <li>
            <code>{name}</code>: <bdi>{problem}</bdi>
          </li>
        ))}
      </ul>
    )}
    <ul class="secrets">
      {SECRETS.map((name) => (
        <li>
          <code>{name}</code> {isSet(env[name]) ? <b class="s-done">set</b> : "not set"}
        </li>
      ))}
    </ul>
  </section>
);

const isSet = (value: string | undefined) => !["", "{}"].includes((value ?? "").trim());
