import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { AppEnv } from "../config/app-env.ts";
import type { Handler } from "../http/route.ts";
import { parseJson } from "../lib/bytes.ts";
import { page } from "./document.tsx";

const problemBody = z.object({ title: z.string(), detail: z.string() });

/** A page that says one thing. */
export function messagePage(
  c: Context<AppEnv>,
  status: number,
  { title, detail }: { title: string; detail: string },
): Promise<Response> {
  const main = (
    <>
      <h1>{title}</h1>
      <p>
        <bdi>{detail}</bdi>
      </p>
      <p>
        <a href="/">All transcripts</a>
      </p>
    </>
  );
  return page(c, { title, main, session: null, status });
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
      const { data } = problemBody.safeParse(parseJson(await response.clone().text()));
      if (data === undefined) return response;
      const retryAfter = response.headers.get("retry-after");
      if (retryAfter !== null) c.header("retry-after", retryAfter);
      return messagePage(c, response.status, data);
    }
  };
