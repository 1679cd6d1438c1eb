import type { Context } from "hono";
import type { AppEnv } from "../config/config.ts";
import type { Names } from "../transcript/formats/speakers.ts";
import { fragment } from "./document.tsx";
import { moreLink } from "./more-link.tsx";
import {
  beginningOf,
  htmlPart,
  openTranscript,
  type Source,
  showingOf,
  shownOf,
  viewQueryOf,
} from "./view.ts";

/** A part of a transcript with the link to the next. `path` is the address of its page. */
export async function partFragment(
  c: Context<AppEnv>,
  source: Source,
  path: string,
  names: Names,
  facts: { channels: number | null; extra: Record<string, unknown> },
): Promise<Response> {
  const wanted = viewQueryOf(c);
  const showing = showingOf(c, names, facts);
  const opened = await openTranscript(c.env.TRANSCRIPTS, source);
  const shown = await shownOf(c.env.TRANSCRIPTS, source, opened, wanted.lang);
  const { html, next } = await htmlPart(shown, beginningOf(wanted), showing);
  const kept = { lang: wanted.lang ?? null, audio: showing.audio };
  const more = next === null ? "" : moreLink({ path, next, kept });
  return fragment(c, html + more);
}
