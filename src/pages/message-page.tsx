import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { AppEnv } from "../config/config.ts";
import type { Handler } from "../http/route.ts";
import { parseJson } from "../lib/bytes.ts";
import { page } from "./document.tsx";

const problemDetails = z.object({ title: z.string(), detail: z.string(), code: z.string() });

/** What a problem is called on its page, and what can be done about it, by its status. */
const WORDS: Record<number, { title?: string; next?: string }> = {
  403: { title: "You can't do this" },
  404: { title: "There's no page here" },
  429: { next: "Wait a minute, then try again." },
  500: { title: "Something went wrong here", next: "The Worker's log has the reason." },
  503: { title: "Storage isn't answering", next: "Try again soon." },
};

/** A page that says what is wrong, why, and where to go. */
function messagePage(
  c: Context<AppEnv>,
  status: number,
  { title, detail, code }: z.infer<typeof problemDetails>,
): Promise<Response> {
  const words = code === "storage_unavailable" || status !== 503 ? WORDS[status] : undefined;
  const shown = words?.title ?? title;
  const main = (
    <div class="form">
      <h1>{shown}</h1>
      <p>
        <bdi>{detail}</bdi>
      </p>
      {words?.next && <p>{words.next}</p>}
      {code !== "unknown_share" && (
        <p>
          <a href="/">Transcripts</a>
        </p>
      )}
      <p class="dim small">
        Code: <code>{code}</code>
      </p>
    </div>
  );
  return page(c, { title: `Error: ${shown}`, main, session: null, status });
}

/**
 * What is wrong, for the field that a person filled in. Throws every error on that is none of a client:
 * it has a page of its own.
 */
export async function detailOf(error: unknown): Promise<string> {
  if (!(error instanceof HTTPException) || error.status < 400 || error.status >= 500) throw error;
  const { data } = problemDetails.safeParse(parseJson(await error.getResponse().clone().text()));
  if (data === undefined) throw error;
  return data.detail;
}

/** A handler whose problems (RFC 9457) are shown as pages. */
export const asPage =
  (handle: Handler): Handler =>
  async (c) => {
    try {
      return await handle(c);
    } catch (error) {
      if (!(error instanceof HTTPException)) throw error;
      const response = error.getResponse();
      const { data } = problemDetails.safeParse(parseJson(await response.clone().text()));
      if (data === undefined) return response;
      const retryAfter = response.headers.get("retry-after");
      if (retryAfter !== null) c.header("retry-after", retryAfter);
      return messagePage(c, response.status, data);
    }
  };
