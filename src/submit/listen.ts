import * as z from "zod";
import { ownerTag } from "../auth/job.ts";
import { problem } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { parseJson, readLimited } from "../lib/bytes.ts";
import { detailsIn } from "../store/details.ts";
import { createCallbackUrl } from "./expect.ts";
import { submitOnce } from "./idempotent-submission.ts";
import { submit } from "./submission.ts";

/**
 * `POST /v1/listen`: Deepgram's own request, with our key and a callback of its own. Once Deepgram may
 * have accepted it, no answer is one that its SDK repeats (408, 429, 5xx).
 */
export const postListen: Handler = async (c) => {
  const { config, caller } = c.var;
  const query = new URL(c.req.url).searchParams;
  const created = await createCallbackUrl(config, "s", await ownerTag(caller.tokenId), Date.now());
  if (config.deepgram.apiKey === "" || created === null) {
    throw problem(
      503,
      "not_configured",
      "Submissions are not configured here; /health says what is missing.",
      {
        headers: { "retry-after": "60" },
      },
    );
  }
  if ([...query.keys()].some(isCallback)) {
    throw problem(
      400,
      "invalid_parameter",
      "The callback is set here: leave it out, and ask for a webhook follow-up.",
    );
  }
  const request = c.req.raw;
  const { body, url } = await readBody(request);
  const source = url === null ? null : { url, query: String(query) };
  const { headers } = request;
  const { tokenId } = caller;
  const details = detailsIn(query);
  const submitting = {
    ...{ env: c.env, config, headers, query, body, source, tokenId, details },
    ...created,
  };
  const key = c.req.header("idempotency-key") ?? "";
  const work = key === "" ? submit(submitting) : submitOnce(submitting, request, tokenId, key);
  // What Deepgram has accepted is recorded also when the client has gone.
  c.executionCtx.waitUntil(work.catch(() => {}));
  return (await work).response;
};

/** Whether Deepgram might take a parameter for the address of the callback, as `callback[]` is. */
const isCallback = (key: string): boolean => /^\s*callback/i.test(key) && key !== "callback_method";

export const listenRoute: Route = {
  method: "POST",
  path: "/v1/listen",
  scope: "submit",
  query: "any",
  handle: postListen,
};

const remote = z.object({ url: z.string() });

/** A `{"url":…}` is no longer than this; what is, is passed on as audio would be. */
const MAX_JSON_BYTES = 65_536;

/** The body of a submission, and where its audio is when it says so. A body need not tell its length. */
async function readBody(
  request: Request,
): Promise<{ body: ReadableStream<Uint8Array> | string | null; url: string | null }> {
  const length = Number(request.headers.get("content-length") ?? 0);
  const isJson = /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
  if (!isJson || request.body === null || !(length <= MAX_JSON_BYTES)) {
    return { body: request.body, url: null };
  }
  const [start, whole] = request.body.tee();
  const text = await readLimited(start, MAX_JSON_BYTES);
  if (text === null) return { body: whole, url: null };
  await whole.cancel();
  return { body: text, url: remote.safeParse(parseJson(text)).data?.url ?? null };
}
