import type { Context } from "hono";
import type { AppEnv } from "../config/app-env.ts";
import { type Redriven, redrive } from "../follow-ups/redrive.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { isDigest } from "../lib/digest.ts";
import { type DeadLetter, dismissDeadLetters, readDeadLetter } from "../store/dead-letters.ts";
import { removeQuarantined } from "../store/quarantine.ts";
import { RedriveView } from "./dead-letters-view.tsx";
import { page } from "./document.tsx";
import { action } from "./signed-in.ts";

// Each dead letter costs a read, and a redrive three more operations.
const MAX_CHOSEN = 50;

/** `POST /dead-letters/preview`: what redriving the chosen dead letters would do. */
export const postPreview: Handler = redriving(true);

/** `POST /dead-letters/redrive` */
export const postRedriveForm: Handler = redriving(false);

function redriving(isDry: boolean): Handler {
  return action("admin", async (c, form, session) => {
    const results: Redriven[] = [];
    for (const deadLetter of await readChosen(c, chosen(form))) {
      // Each was chosen by a person: what may have happened is not repeated on a guess.
      const options = { isDry, includeUncertain: false, now: Date.now() };
      results.push(
        await redrive(c.env, c.var.config, deadLetter, options).catch(storageUnavailable),
      );
    }
    const main = <RedriveView session={session} results={results} isDry={isDry} />;
    return page(c, { title: "Dead letters", main, session });
  });
}

function chosen(form: URLSearchParams): string[] {
  const ids = form.getAll("id");
  if (ids.length === 0) throw problem(400, "invalid_form", "Choose at least one dead letter.");
  if (ids.length > MAX_CHOSEN)
    throw problem(400, "invalid_form", `Choose at most ${MAX_CHOSEN} dead letters.`);
  return ids;
}

async function readChosen(c: Context<AppEnv>, ids: readonly string[]): Promise<DeadLetter[]> {
  const bucket = c.env.TRANSCRIPTS;
  const found = await Promise.all(ids.map((id) => readDeadLetter(bucket, id))).catch(
    storageUnavailable,
  );
  return found.flatMap((deadLetter) => deadLetter ?? []);
}

/** `POST /dead-letters/dismiss` */
export const postDismiss: Handler = action("admin", async (c, form) => {
  await dismissDeadLetters(c.env.TRANSCRIPTS, chosen(form)).catch(storageUnavailable);
  return c.redirect("/#dead-letters", 303);
});

/** `POST /quarantine/delete` */
export const postQuarantineDelete: Handler = action("admin", async (c, form) => {
  const digest = form.get("digest") ?? "";
  if (!isDigest(digest))
    throw problem(404, "unknown_digest", "Nothing with this digest is in quarantine.");
  await removeQuarantined(c.env.TRANSCRIPTS, digest).catch(storageUnavailable);
  return c.redirect("/#quarantine", 303);
});
