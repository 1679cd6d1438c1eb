import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import { listTranscripts } from "../catalogue/list.ts";
import { listQuery, type TranscriptList } from "../catalogue/list-query.ts";
import { searchQuery } from "../catalogue/search-query.ts";
import { searchTranscripts } from "../catalogue/search-transcripts.ts";
import type { AppEnv } from "../config/app-env.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { query, validate } from "../http/validate.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { listDeadLetters } from "../store/dead-letters.ts";
import { listQuarantine } from "../store/quarantine.ts";
import { ConfigurationView } from "./configuration-view.tsx";
import { DayView } from "./day-view.tsx";
import { DeadLettersView } from "./dead-letters-view.tsx";
import { countStates, type HourFigures, lastDay, type StateCount } from "./desk-figures.ts";
import { type DeskQuery, deskQuery, listWanted } from "./desk-query.ts";
import { page } from "./document.tsx";
import { CountsView, ListView } from "./list-view.tsx";
import { QuarantineView } from "./quarantine-view.tsx";
import { type Searched, SearchView } from "./search-view.tsx";
import { signedIn } from "./signed-in.ts";
import { SubmitView } from "./submit-view.tsx";

const PAGE = 25;
const CATALOGUE_WITHIN_MS = 5_000;

type Catalogue = {
  counts: StateCount[];
  hours: HourFigures[];
  list: TranscriptList;
  found: Searched | null;
};

/** `GET /`: the operator's desk. */
export const getDesk: Handler = signedIn(async (c, session) => {
  const asked = query(deskQuery, c.req.query());
  const requestId = parseRequestId(asked.q);
  if (requestId !== null) return c.redirect(`/transcripts/${requestId}`, 303);
  const now = Date.now();
  const catalogue = await readCatalogue(c.env.CATALOGUE, asked, now);
  const may = (scope: "submit" | "admin") => session.scopes.includes(scope);
  const main = (
    <div class="desk">
      <h1>Transcripts</h1>
      <CountsView counts={catalogue?.counts ?? []} now={now} />
      <SearchView asked={asked} found={catalogue?.found ?? null} />
      {may("submit") && <SubmitView session={session} config={c.var.config} />}
      <ListView {...{ asked, now, session }} list={catalogue?.list ?? null} />
      {catalogue && <DayView hours={catalogue.hours} />}
      {may("admin") && <Operating {...(await operating(c))} session={session} env={c.env} />}
    </div>
  );
  return page(c, { title: "Transcripts", main, session });
});

/** Null when the catalogue does not answer: transcripts can be read by their id all the same. */
async function readCatalogue(
  db: D1Database,
  asked: DeskQuery,
  now: number,
): Promise<Catalogue | null> {
  const wanted = listQuery.safeParse(listWanted(asked));
  try {
    const reading = Promise.all([
      countStates(db),
      lastDay(db, now),
      wanted.success ? listTranscripts(db, wanted.data) : { transcripts: [], next_cursor: null },
      search(db, asked),
    ]);
    const [counts, hours, list, found] = await timeout(
      reading,
      CATALOGUE_WITHIN_MS,
      "the catalogue",
    );
    return { counts, hours, list, found };
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

async function search(db: D1Database, { said, hits }: DeskQuery): Promise<Searched | null> {
  if (said === "") return null;
  const input = { q: said, ...(hits && { cursor: hits }) };
  const asked = validate(searchQuery, input, "The search");
  if (asked.ok) return searchTranscripts(db, asked.value);
  return { wrong: asked.reason.replace(/^(q|cursor) /, "The search ") };
}

type Kept = {
  deadLetters: Awaited<ReturnType<typeof listDeadLetters>>;
  quarantined: Awaited<ReturnType<typeof listQuarantine>>;
  problems: AppEnv["Variables"]["config"]["problems"];
};

async function operating(c: Context<AppEnv>): Promise<Kept> {
  const bucket = c.env.TRANSCRIPTS;
  const [deadLetters, quarantined] = await Promise.all([
    listDeadLetters(bucket, { limit: PAGE }),
    listQuarantine(bucket, PAGE, undefined),
  ]).catch(storageUnavailable);
  return { deadLetters, quarantined, problems: c.var.config.problems };
}

const Operating = ({
  deadLetters,
  quarantined,
  problems,
  session,
  env,
}: Kept & { session: Session; env: Env }) => (
  <>
    <DeadLettersView session={session} {...deadLetters} />
    <QuarantineView session={session} {...quarantined} />
    <ConfigurationView problems={problems} env={env} />
  </>
);
