import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { STATES } from "../store/request-states.ts";
import {
  Badge,
  Copy,
  CopyField,
  Empty,
  Field,
  followUpBadge,
  Icon,
  Notice,
  STATE_BADGES,
} from "./components.tsx";
import { page } from "./document.tsx";
import { isOnOwnMachine, signedIn } from "./page-handlers.tsx";
import { partHtml } from "./transcript-parts.ts";
import { Player } from "./transcript-view.tsx";

const SPEAKERS = 8;
const FOLLOW_UP_STATES = ["queued", "retrying", "done", "failed", "uncertain", "cancelled"];

/** `GET /components`: every component in every state, on one's own machine alone. */
export const getComponents: Handler = signedIn(async (c, session) => {
  if (!isOnOwnMachine(c)) throw problem(404, "unknown_route", "There is nothing at this address.");
  const turns = Array.from({ length: SPEAKERS }, (_, speaker) => ({
    segment: {
      ...{ start: speaker * 5, end: speaker * 5 + 4, channel: 0, speaker, language: "en" },
      text: "Words as they were said.",
      words: ["Words", "as", "they", "were", "said."].map((word, index) => ({
        text: word,
        start: speaker * 5 + index / 2,
        end: speaker * 5 + index / 2 + 0.4,
        confidence: [0.99, 0.8, 0.6, 0.4, 0.99][index] ?? null,
      })),
    },
    original: null,
  }));
  const options = { names: new Map(), hasChannels: false, playable: true, marked: null };
  const main = (
    <>
      <h1>Components</h1>
      <Part title="Buttons">
        <div class="actions">
          <button type="button" class="primary">
            Primary
          </button>
          <button type="button">Plain</button>
          <button type="button" class="quiet">
            Quiet
          </button>
          <button type="button" class="danger">
            Danger
          </button>
          <button type="button" class="danger solid">
            Delete
          </button>
          <button type="button" aria-disabled="true">
            Deleting…
          </button>
          <button type="button" disabled>
            Disabled
          </button>
          <Copy text="id" what="request_id" />
          <Copy text="id" what="curl line" isShown />
        </div>
      </Part>
      <Part title="Fields">
        <div class="form">
          <Field id="plain" label="Label" hint="A hint">
            {(attributes) => <input {...attributes} value="What was written" />}
          </Field>
          <Field id="wrong" label="With an error" hint="A hint" error="Write another value.">
            {({ autofocus: _, ...attributes }) => <input {...attributes} value="Wrong" />}
          </Field>
          <Field id="choose" label="Select">
            {(attributes) => (
              <select {...attributes}>
                <option>Any</option>
              </select>
            )}
          </Field>
          <label class="choice">
            <input type="checkbox" checked /> Checked
          </label>
          <label class="choice">
            <input type="checkbox" /> Not checked
          </label>
          <CopyField text="https://example.com/share/abc" what="link" />
          <p>
            <progress max="1" value="0.42" aria-label="Upload" /> 42% of 18 MB
          </p>
        </div>
      </Part>
      <Part title="Badges and chips">
        <p>
          {STATES.map((state) => (
            <>
              <Badge {...STATE_BADGES[state]} />{" "}
            </>
          ))}
        </p>
        <p>
          {FOLLOW_UP_STATES.map((state) => (
            <>
              <Badge {...followUpBadge(state)} />{" "}
            </>
          ))}
        </p>
        <p>
          <a class="chip" href="/components">
            front-desk
          </a>{" "}
          <span class="chip">read</span> <span class="count">99+</span>
        </p>
      </Part>
      <Part title="Notices and empty states">
        {(["green", "amber", "red", "blue"] as const).map((tone) => (
          <Notice tone={tone}>
            <p>{`A notice in ${tone}.`}</p>
          </Notice>
        ))}
        <Empty
          title="No transcripts match"
          action={
            <a class="button" href="/components">
              Clear
            </a>
          }
        >
          One sentence.
        </Empty>
      </Part>
      <Part title="Tabs, menu and rows">
        <nav class="tabs" aria-label="Example">
          <a href="/components" aria-current="page">
            All <span class="dim">24</span>
          </a>
          <a href="/components">
            Received <span class="dim">17</span>
          </a>
        </nav>
        <details class="menu">
          <summary class="button">
            More <Icon name="down" />
          </summary>
          <div>
            <button type="button" class="item">
              Translate
            </button>
          </div>
        </details>
        <ol class="rows selectable">
          {["Selected", "Not selected"].map((title, index) => (
            <li>
              <input type="checkbox" aria-label={`Select ${title}`} checked={index === 0} />
              <div>
                <a class="title" href="/components">
                  {title}
                </a>
                <p class="words">The first words of a transcript.</p>
              </div>
              <div class="side">
                <Badge {...STATE_BADGES.received} /> <span>5 min 6 s</span>
              </div>
            </li>
          ))}
        </ol>
      </Part>
      <Part title="Timeline">
        <ol class="timeline">
          <li>
            <Icon name="tick" />
            <div>
              Received · 4.2 kB · SHA-256 9f2c1a07… <span class="dim">14:37:02</span>
            </div>
          </li>
          <li>
            <Icon name="cross" />
            <div>
              <Badge {...followUpBadge("failed")} /> Webhook to crm: transcript.received{" "}
              <details open>
                <summary>1 attempt</summary>
                <ol class="attempts">
                  <li>Attempt 1 · 400 Bad Request · 180 ms · 14:37:02</li>
                </ol>
              </details>
              <button type="button" class="small-button">
                Retry
              </button>
            </div>
          </li>
        </ol>
      </Part>
      <Part title="Player, turns and words">
        <Player src="about:blank" />
        <p>
          <span class="now">spoken now</span>, <mark>a hit</mark>
        </p>
        <label class="choice">
          <input type="checkbox" id="shade" checked /> Mark uncertain words
        </label>
        <div id="parts">{raw(await partHtml(turns, options))}</div>
      </Part>
    </>
  );
  return page(c, { title: "Components", main, session });
});

const Part = ({ title, children }: { title: string; children: Child }) => (
  <section>
    <h2>{title}</h2>
    {children}
  </section>
);
