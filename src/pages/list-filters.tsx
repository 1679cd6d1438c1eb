import * as z from "zod";
import type { StateCount } from "../catalogue/figures.ts";
import { listQuery } from "../catalogue/list-query.ts";
import { query } from "../http/route.ts";
import type { State } from "../store/request-states.ts";
import { count, Field, Icon, STATE_BADGES } from "./components.tsx";
import type { Clock } from "./in-words.tsx";
import { withQuery } from "./view.ts";

const day = z.iso.date().optional().catch(undefined);

/** The lengths of audio that the list can be narrowed to, in seconds. */
export const LENGTHS = {
  short: { name: "Under 1 min", from: 0, to: 60 },
  medium: { name: "1–10 min", from: 60, to: 600 },
  long: { name: "Over 10 min", from: 600, to: Number.MAX_SAFE_INTEGER },
} as const;

const lengthName = z.enum(["short", "medium", "long"]);

/** What is listed, as the parameters of the page say; what is wrong in them narrows nothing. */
export const listPageQuery = z.object({
  state: listQuery.shape.state.catch(undefined),
  tag: z.string().trim().default(""),
  /** Days in the reader's time zone, both included. */
  from: day,
  to: day,
  length: lengthName.optional().catch(undefined),
  cursor: z.string().optional(),
  /** What has just been done with selected transcripts, and with how many. */
  done: z.enum(["deleted", "retried", "tagged", "none"]).optional().catch(undefined),
  n: z.coerce.number().int().nonnegative().catch(0).default(0),
});

export type Asked = z.infer<typeof listPageQuery>;

const TABS = ["received", "expected", "live", "failed", "overdue", "deleted"] as const;

/** Each state with how many there are, unless that is not known. */
export function Tabs({ counts, asked }: { counts: readonly StateCount[] | null; asked: Asked }) {
  const all = counts?.reduce((sum, { count }) => sum + count, 0);
  const numberOf = (state: State) =>
    counts?.find((each) => each.state === state)?.count ?? (counts ? 0 : undefined);
  const tab = (state: State | null, word: string, number: number | undefined) => (
    <a
      href={withQuery("/", { ...kept(asked), state })}
      {...(state === (asked.state ?? null) && { "aria-current": "page" })}
    >
      {word} {number !== undefined && <span class="dim">{count(number)}</span>}
    </a>
  );
  return (
    <nav class="tabs" aria-label="States" data-refresh="tabs">
      {tab(null, "All", all)}
      {TABS.map((state) =>
        tab(state, STATE_BADGES[state].word, state === "deleted" ? undefined : numberOf(state)),
      )}
    </nav>
  );
}

/** The filters that links keep. */
export const kept = ({ tag, from, to, length }: Asked) => ({
  tag,
  from: from ?? null,
  to: to ?? null,
  length: length ?? null,
});

/** The list as it was shown, as a parameter of forms that lead back to it. */
export const asParameter = (asked: Asked): string =>
  withQuery("", { ...kept(asked), state: asked.state ?? null }).slice(1);

/** Where a form with that parameter leads back to, saying what was done. */
export function listUrl(parameter: string | null, done: Record<string, string | number> = {}) {
  const asked = query(listPageQuery, Object.fromEntries(new URLSearchParams(parameter ?? "")));
  return withQuery("/", { ...kept(asked), state: asked.state ?? null, ...done });
}

export const isFiltered = ({ tag, from, to, length }: Asked) =>
  tag !== "" || [from, to, length].some((each) => each !== undefined);

/** On phones folded, unless it is in use. */
export const Filters = ({ asked, clock }: { asked: Asked; clock: Clock }) => (
  <details class="fold" open={isFiltered(asked)}>
    <summary class="button">
      Filters <Icon name="down" />
    </summary>
    <form class="filters" method="get" action="/" aria-label="Filters">
      {asked.state && <input type="hidden" name="state" value={asked.state} />}
      <Field id="tag" label="Tag">
        {(attributes) => <input {...attributes} name="tag" value={asked.tag} />}
      </Field>
      <Field id="from" label={`From${zoneOf(clock)}`}>
        {(attributes) => <input {...attributes} name="from" type="date" value={asked.from} />}
      </Field>
      <Field id="to" label={`To${zoneOf(clock)}`}>
        {(attributes) => <input {...attributes} name="to" type="date" value={asked.to} />}
      </Field>
      <Field id="length" label="Length">
        {(attributes) => (
          <select {...attributes} name="length">
            <option value="">Any</option>
            {lengthName.options.map((name) => (
              <option value={name} selected={name === asked.length}>
                {LENGTHS[name].name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <button type="submit">Apply</button>
      {isFiltered(asked) && (
        <a class="button quiet" href={withQuery("/", { state: asked.state ?? null })}>
          Clear
        </a>
      )}
    </form>
  </details>
);

/** Of which zone the days are, where it is not the reader's own. */
const zoneOf = ({ zone }: Clock) => (zone === null ? " (UTC)" : "");
