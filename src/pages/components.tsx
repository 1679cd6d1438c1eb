import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { State } from "../store/request-states.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { withQuery } from "./view.ts";

/** Paths in a square of 16 units, drawn as lines. */
const ICONS = {
  brand: "M8 1.5 14.5 8 8 14.5 1.5 8Z M8 5.5v5",
  tick: "M3 8.5 6.5 12 13 4.5",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.5l2 1.5",
  dot: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  triangle: "M8 2.5 14.5 13.5h-13ZM8 6.5v3M8 11.5v.1",
  loop: "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3",
  cross: "M4 4l8 8M12 4l-8 8",
  question: "M5.5 5.5a2.5 2.5 0 1 1 3.5 2.5c-.7.3-1 .8-1 1.5M8 12.5v.1",
  dash: "M3.5 8h9",
  ring: "M8 13A5 5 0 1 0 8 3a5 5 0 0 0 0 10Z",
  copy: "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
  down: "M4 6l4 4 4-4",
  link: "M6.5 9.5l3-3M7 4.5 8.500 3a3 3 0 0 1 4.500 4.500L11.500 9M9 11.500 7.500 13A3 3 0 0 1 3 8.500L4.500 7",
  play: "M5 3v10l8-5Z",
} as const;

export type IconName = keyof typeof ICONS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={ICONS[name]} />
  </svg>
);

type Tone = "green" | "blue" | "teal" | "amber" | "red" | "violet" | "gray";

export type BadgeLook = { tone: Tone; icon: IconName; word: string };

export const Badge = ({ tone, icon, word }: BadgeLook) => (
  <span class={`badge ${tone}`}>
    <Icon name={icon} />
    {word}
  </span>
);

/** How the states of a transcript look. */
export const STATE_BADGES: Record<State, BadgeLook> = {
  expected: { tone: "blue", icon: "clock", word: "Expected" },
  live: { tone: "teal", icon: "dot", word: "Live" },
  received: { tone: "green", icon: "tick", word: "Received" },
  failed: { tone: "red", icon: "cross", word: "Failed" },
  overdue: { tone: "amber", icon: "triangle", word: "Overdue" },
  deleted: { tone: "gray", icon: "dash", word: "Deleted" },
};

const PENDING: BadgeLook = { tone: "gray", icon: "ring", word: "Pending" };
const FAILED: BadgeLook = { tone: "red", icon: "cross", word: "Failed" };

/** How the states of a follow-up look; one of a newer version is shown as it is. */
export const followUpBadge = (state: string): BadgeLook =>
  FOLLOW_UP_BADGES[state] ?? { tone: "gray", icon: "question", word: state };

const FOLLOW_UP_BADGES: Record<string, BadgeLook> = {
  queued: PENDING,
  running: PENDING,
  retrying: { tone: "amber", icon: "loop", word: "Retrying" },
  done: { tone: "green", icon: "tick", word: "Done" },
  failed: FAILED,
  dead: FAILED,
  uncertain: { tone: "violet", icon: "question", word: "Uncertain" },
  cancelled: { tone: "gray", icon: "dash", word: "Cancelled" },
};

const NOTICE_ICONS: Partial<Record<Tone, IconName>> = {
  green: "tick",
  red: "cross",
  amber: "triangle",
};

type NoticeProps = { tone: Tone; children: Child; isFocused?: boolean };

/** What has just happened, or what is wrong: the first thing in the page's content. */
export const Notice = ({ tone, children, isFocused = false }: NoticeProps) => (
  <div
    class={`notice ${tone}`}
    role={tone === "red" ? "alert" : "status"}
    {...(isFocused && { tabindex: -1, autofocus: true })}
  >
    <Icon name={NOTICE_ICONS[tone] ?? "dot"} />
    <div>{children}</div>
  </div>
);

type EmptyProps = { title: string; children?: Child; action?: Child };

export const Empty = ({ title, children, action }: EmptyProps) => (
  <div class="empty">
    <h2>{title}</h2>
    {children && <p>{children}</p>}
    {action}
  </div>
);

type CopyProps = { text: string; what: string; isShown?: boolean };

/** Copies a text; only where there are scripts. */
export const Copy = ({ text, what, isShown = false }: CopyProps) => (
  <button
    type="button"
    class="quiet copy js"
    data-copy={text}
    {...(!isShown && { "aria-label": `Copy ${what}`, title: `Copy ${what}` })}
  >
    <Icon name="copy" />
    {isShown && <span>{`Copy ${what}`}</span>}
  </button>
);

/** A text to be copied by hand where there are no scripts. */
export const CopyField = ({ text, what }: { text: string; what: string }) => (
  <span class="with-copy">
    <input class="url" readonly value={text} aria-label={what} />
    <Copy text={text} what={what} />
  </span>
);

type FieldProps = {
  id: string;
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  /** The control, given its attributes. */
  children: (attributes: Record<string, string | boolean>) => Child;
};

/** A control with its label, hint and error. */
export function Field({ id, label, hint, error, children }: FieldProps) {
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span class="error" id={`${id}-error`}>
          <Icon name="cross" />
          <span>{error}</span>
        </span>
      )}
      {children({
        id,
        ...(described !== "" && { "aria-describedby": described }),
        ...(error && { "aria-invalid": "true", autofocus: true }),
      })}
    </div>
  );
}

/** Two or more errors of a form, each with a link to its field. */
export const FieldErrors = ({ errors }: { errors: readonly (readonly [string, string])[] }) =>
  errors.length < 2 ? null : (
    <Notice tone="red">
      <p>Check these fields</p>
      <ul>
        {errors.map(([id, error]) => (
          <li>
            <a href={`#${id}`}>{error}</a>
          </li>
        ))}
      </ul>
    </Notice>
  );

/** What every form with an effect carries. */
export const ActionCode = ({ session }: { session: Session }) => (
  <input type="hidden" name="code" value={session.actionCode} />
);

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const count = (value: number): string => NUMBER.format(value);

/** "1 hit", "1,250 hits". */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** The tags of a transcript; each leads to the list of those that have it. */
export const Tags = ({ tags }: { tags: readonly string[] }) =>
  tags.length === 0 ? null : (
    <ul class="chips" aria-label="Tags">
      {tags.map((tag) => (
        <li>
          <a class="chip" href={withQuery("/", { tag })}>
            <bdi>{labelText(tag)}</bdi>
          </a>
        </li>
      ))}
    </ul>
  );
