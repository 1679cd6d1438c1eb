import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import type { AppEnv, Config } from "../config/config.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { receive } from "../receive/receive.ts";
import { ActionCode, Copy, CopyField } from "./components.tsx";
import { action, isOnOwnMachine } from "./page-handlers.tsx";
import { SubmitForm } from "./submit.tsx";

/** What an installation without a transcript shows: two ways to get the first one. */
export function FirstRun({ c, session }: { c: Context<AppEnv>; session: Session }) {
  const { config } = c.var;
  const url = callbackUrl(c);
  const curl = `curl -i '${url}' -H 'content-type: application/json' -d '${JSON.stringify(testCallback(crypto.randomUUID()))}'`;
  const maySubmit = session.scopes.includes("submit");
  return (
    <>
      <h1>Get the first transcript</h1>
      <div class="cards">
        <section class="card" aria-labelledby="callback-title">
          <h2 id="callback-title">Receive a callback</h2>
          <p>Give Deepgram this address as the callback of a request.</p>
          <p>
            <b>Callback URL</b>
          </p>
          <CopyField text={url} what="Callback URL" />
          <p>Or send a callback as Deepgram does:</p>
          <pre tabindex={0}>{curl}</pre>
          <Copy text={curl} what="curl line" isShown />
          {maySubmit && (
            <form method="post" action="/test-callback">
              <ActionCode session={session} />
              <p>
                <button type="submit">Send a test callback</button>
              </p>
            </form>
          )}
          <p class="dim" role="status">
            Waiting for the first callback…
          </p>
        </section>
        {maySubmit && (
          <section class="card" aria-labelledby="submit-title">
            <h2 id="submit-title">Submit audio</h2>
            <SubmitForm session={session} config={config} />
          </section>
        )}
      </div>
    </>
  );
}

/** `POST /test-callback`: a short callback of our own goes the way of Deepgram's. */
export const postTestCallback: Handler = action("submit", async (c) => {
  const { config } = c.var;
  const id = crypto.randomUUID();
  const request = new Request(new URL("/hook", c.req.url), {
    method: "POST",
    headers: { "content-type": "application/json", ...authorizationOf(config) },
    body: JSON.stringify(testCallback(id, config.callbackSecrets[0])),
  });
  const response = await receive(request, c.env, config, c.executionCtx);
  if (!response.ok)
    throw problem(
      503,
      "not_configured",
      "The test callback was refused. /health says what is missing.",
    );
  return c.redirect(`/transcripts/${id}`, 303);
});

function authorizationOf({ callbackCredentials: [credentials] }: Config) {
  if (credentials === undefined) return {};
  const bytes = new TextEncoder().encode(credentials);
  return { authorization: `Basic ${bytes.toBase64()}` };
}

/** The password is shown on one's own machine alone. */
function callbackUrl(c: Context<AppEnv>): string {
  const { callbackCredentials, publicUrl } = c.var.config;
  const url = new URL("/hook", publicUrl || c.req.url);
  const [credentials] = callbackCredentials;
  if (credentials === undefined) return url.href;
  const at = credentials.indexOf(":");
  url.username = credentials.slice(0, at);
  url.password = isOnOwnMachine(c) ? credentials.slice(at + 1) : "PASSWORD";
  return url.href;
}

/** A body as Deepgram sends it; verified by the secret where there are no credentials. */
function testCallback(id: string, secret?: string) {
  const word = (word: string, start: number, end: number, punctuated_word = word) => ({
    word,
    punctuated_word,
    start,
    end,
    confidence: 0.99,
  });
  const words = [
    word("this", 0.2, 0.4, "This"),
    word("is", 0.4, 0.5),
    word("a", 0.5, 0.6),
    word("test", 0.6, 0.9),
    word("callback", 0.9, 1.5, "callback."),
  ];
  const transcript = words.map(({ punctuated_word }) => punctuated_word).join(" ");
  return {
    metadata: {
      request_id: id,
      duration: 1.6,
      channels: 1,
      extra: { title: "Test callback", ...(secret && { callback_secret: secret }) },
    },
    results: { channels: [{ alternatives: [{ transcript, confidence: 0.99, words }] }] },
  };
}
