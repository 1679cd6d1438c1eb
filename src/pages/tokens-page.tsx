import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import {
  createToken,
  type KeptToken,
  listTokens,
  revokeTokens,
  tokenName,
} from "../auth/tokens.ts";
import { SCOPES, type Scope } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/config.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { ActionCode, CopyField, Field, FieldErrors, Icon, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { type Clock, clockOf, Time, timeInSentence } from "./in-words.tsx";
import { action, requireScopeOf, signedIn } from "./page-handlers.tsx";

/** What each scope is for, as the form says it. */
const SCOPE_WORDS: Record<Scope, string> = {
  read: "reads transcripts",
  submit: "submits audio; with read, shares and follows up too",
  admin: "deletes, retries and manages tokens",
};

/** `GET /tokens`: the API tokens, and the form for another one. */
export const getTokensPage: Handler = signedIn((c, session) => {
  requireScopeOf(session, "admin");
  return tokensPage(c, session, {});
});

/** `POST /tokens` */
export const postTokensForm: Handler = action("admin", async (c, form, session) => {
  const name = (form.get("name") ?? "").trim();
  const scopes = SCOPES.filter((scope) => form.getAll("scope").includes(scope));
  const errors: Errors = {};
  const known = await knownTokens(c);
  if (!tokenName.safeParse(name).success)
    errors.name = "Write a name of letters, digits, - and _, such as laptop.";
  else if (known.some((token) => token.name === name))
    errors.name = "A token of this name exists. Revoke it first, or choose another name.";
  if (scopes.length === 0) errors.scopes = "Select at least one scope.";
  if (Object.keys(errors).length > 0)
    return tokensPage(c, session, { given: { name, scopes }, errors, status: 422 });
  const kept = { name, scopes, created_at: new Date().toISOString() };
  const token = await createToken(c.env.SETTINGS, kept).catch(storageUnavailable);
  // KV may list it a minute later only.
  return tokensPage(c, session, { created: { kept, token } });
});

/** `POST /tokens/revoke`: asks first, then revokes. */
export const postRevokeToken: Handler = action("admin", async (c, form, session) => {
  const name = form.get("name") ?? "";
  if (form.get("confirmed") === "yes") {
    await revokeTokens(c.env.SETTINGS, name).catch(storageUnavailable);
    return c.redirect("/tokens", 303);
  }
  const title = `Revoke ${name}?`;
  const main = (
    <div class="form">
      <h1>
        <bdi>{title}</bdi>
      </h1>
      <p>Programs using it stop working.</p>
      <form method="post" action="/tokens/revoke">
        <ActionCode session={session} />
        <input type="hidden" name="name" value={name} />
        <input type="hidden" name="confirmed" value="yes" />
        <div class="actions">
          <a class="button" href="/tokens" autofocus>
            Cancel
          </a>
          <button type="submit" class="danger solid">
            Revoke
          </button>
        </div>
      </form>
    </div>
  );
  return page(c, { title, main, session, place: "tokens" });
});

type Errors = { name?: string; scopes?: string };

type State = {
  given?: { name: string; scopes: readonly Scope[] };
  errors?: Errors;
  created?: { kept: KeptToken; token: string };
  status?: number;
};

type Listed = { name: string; scopes: readonly Scope[]; created_at: string | null };

async function knownTokens(c: Context<AppEnv>): Promise<Listed[]> {
  const created = await listTokens(c.env.SETTINGS).catch(storageUnavailable);
  return [
    ...c.var.config.apiTokens.map(({ name, scopes }) => ({ name, scopes, created_at: null })),
    ...created.map(({ token }) => token),
  ];
}

async function tokensPage(
  c: Context<AppEnv>,
  session: Session,
  { given, errors = {}, created, status = 200 }: State,
): Promise<Response> {
  const listed = await knownTokens(c);
  const isListed = listed.some(({ name }) => name === created?.kept.name);
  const tokens = created && !isListed ? [...listed, created.kept] : listed;
  const clock = clockOf(c);
  const main = (
    <>
      {created && (
        <Notice tone="green" isFocused>
          <p>
            <b>Copy this token now. It isn't shown again.</b>
          </p>
          <CopyField text={created.token} what={`Token ${created.kept.name}`} />
        </Notice>
      )}
      <h1>API tokens</h1>
      <ol class="rows">
        {tokens.map((token) => (
          <Row token={token} session={session} clock={clock} />
        ))}
      </ol>
      <section class="form" aria-labelledby="create">
        <h2 id="create">Create token</h2>
        <Form session={session} errors={errors} given={given ?? { name: "", scopes: ["read"] }} />
      </section>
    </>
  );
  const title = status === 200 ? "API tokens" : "Error: API tokens";
  return page(c, { title, main, session, place: "tokens", status });
}

type FormProps = {
  session: Session;
  errors: Errors;
  given: { name: string; scopes: readonly Scope[] };
};

const Form = ({ session, errors, given }: FormProps) => (
  <form method="post" action="/tokens" novalidate>
    <ActionCode session={session} />
    <FieldErrors
      errors={[
        ...(errors.name ? [["name", errors.name] as const] : []),
        ...(errors.scopes ? [["scope-read", errors.scopes] as const] : []),
      ]}
    />
    <Field id="name" label="Name" error={errors.name}>
      {(attributes) => <input {...attributes} name="name" value={given.name} maxlength={64} />}
    </Field>
    <fieldset class="field" {...(errors.scopes && { "aria-describedby": "scopes-error" })}>
      <legend>Scopes</legend>
      {errors.scopes && (
        <span class="error" id="scopes-error">
          <Icon name="cross" />
          {errors.scopes}
        </span>
      )}
      {SCOPES.map((scope) => (
        <label class="choice">
          <input
            type="checkbox"
            id={`scope-${scope}`}
            name="scope"
            value={scope}
            checked={given.scopes.includes(scope)}
          />
          <span>
            <b>{scope}</b> {SCOPE_WORDS[scope]}
          </span>
        </label>
      ))}
    </fieldset>
    <button type="submit" class="primary">
      Create token
    </button>
  </form>
);

type RowProps = { token: Listed; session: Session; clock: Clock };

const Row = ({ token: { name, scopes, created_at }, session, clock }: RowProps) => (
  <li>
    <div class="head">
      <div>
        <b>
          <bdi>{name}</bdi>
        </b>
        <div class="side">
          {scopes.map((scope) => (
            <span class="chip">{scope}</span>
          ))}
          <span>
            {created_at === null ? (
              "From configuration"
            ) : (
              <>
                Created <Time iso={created_at} clock={clock} show={timeInSentence} />
              </>
            )}
          </span>
        </div>
      </div>
      {created_at !== null && (
        <form method="post" action="/tokens/revoke">
          <ActionCode session={session} />
          <input type="hidden" name="name" value={name} />
          <button type="submit" aria-label={`Revoke ${name}`}>
            Revoke
          </button>
        </form>
      )}
    </div>
  </li>
);
