import { createHmac } from "node:crypto";
import { transcript } from "../bodies.ts";
import { deliver, type Sending, type Target } from "../receiver.ts";
import {
  accepted,
  Fault,
  kept,
  notKept,
  PAGES,
  reading,
  refused,
  type Scenario,
  Unchecked,
} from "../scenario.ts";

const ANYBODY =
  "Deepgram sends the credentials of the callback URL: what comes without them can be rejected.";

const SECRET =
  "extra=callback_secret:VALUE comes back as metadata.extra.callback_secret: reject any other.";

/** Wants a delivery refused, and nothing of it kept. */
async function out(target: Target, how: Partial<Sending>, what?: string): Promise<void> {
  const { id, body } = transcript();
  refused(await deliver(target, { body, ...how }), what);
  await notKept(target, id);
}

const secretOf = ({ secret }: Target): string => {
  if (secret === null) throw new Unchecked("callback_secret: needs --secret");
  return secret;
};

const [userOf, passwordOf] = [
  ({ credentials: [first = ""] }: Target) => first.slice(0, first.indexOf(":")),
  ({ credentials: [first = ""] }: Target) => first.slice(first.indexOf(":") + 1),
];

const refusal = (
  name: string,
  because: string,
  how: (target: Target) => Partial<Sending>,
): Scenario => ({
  name,
  because,
  known: "documented",
  page: PAGES.changelog,
  run: (target) => out(target, how(target)),
});

const MALFORMED = [
  "Basic",
  "Basic ",
  "Basic %%%",
  "Basic bm9jb2xvbg==",
  "Bearer x",
  "Basic =",
  "x",
];

/** Who may write. */
export const credentials: Scenario[] = [
  {
    name: "each-credential",
    because: "Basic Auth in the callback URL is the way to verify that is recommended.",
    known: "documented",
    page: PAGES.changelog,
    run: async (target) => {
      for (const pair of target.credentials) {
        const { id, body } = transcript();
        accepted(await deliver(target, { body, credentials: pair }), `user ${pair.split(":")[0]}`);
        await kept(target, { id, body });
      }
    },
  },
  refusal("no-credentials", ANYBODY, () => ({ credentials: null, headers: { "dg-token": null } })),
  refusal("wrong-password", ANYBODY, (target) => ({ credentials: `${userOf(target)}:wrong` })),
  refusal("wrong-user", ANYBODY, (target) => ({ credentials: `nobody:${passwordOf(target)}` })),
  {
    name: "dg-token-alone",
    because: "Since 2026-10-27 dg-token is no way to verify a callback: alone it proves nothing.",
    known: "documented",
    page: PAGES.changelog,
    run: (target) => out(target, { credentials: null }),
  },
  {
    name: "invented-signature",
    because: "No signature was ever seen on a callback: a header that looks like one is no proof.",
    known: "captured",
    page: "",
    run: async (target) => {
      const { id, body } = transcript();
      const signature = createHmac("sha256", passwordOf(target)).update(body).digest("hex");
      const headers = { "x-deepgram-signature": signature, "dg-signature": signature };
      refused(await deliver(target, { body, credentials: null, headers }));
      await notKept(target, id);
    },
  },
  {
    name: "malformed-authorization",
    because: "Anybody may send anything: it must be refused, not break.",
    known: "inferred",
    page: "",
    run: async (target) => {
      for (const authorization of MALFORMED) {
        await out(target, { credentials: null, headers: { authorization } }, authorization);
      }
    },
  },
  {
    name: "secret",
    because: SECRET,
    known: "documented",
    page: PAGES.changelog,
    run: async (target) => {
      const { id, body } = transcript({ callbackSecret: secretOf(target) });
      accepted(await deliver(target, { body, credentials: null }));
      const found = await reading(target, id);
      if (found.status !== 200) throw new Fault(`read at once: ${found.status}`);
      if (found.text.includes(secretOf(target))) throw new Fault("its clients can read the secret");
    },
  },
  {
    name: "wrong-secret",
    because: SECRET,
    known: "documented",
    page: PAGES.changelog,
    run: async (target) => {
      const { id, body } = transcript({ callbackSecret: `not ${secretOf(target)}` });
      refused(await deliver(target, { body, credentials: null }));
      await notKept(target, id);
    },
  },
  {
    name: "right-after-wrong",
    because: "What is not answered 2xx comes again, ten times, 30 s apart: also what was refused.",
    known: "documented",
    page: PAGES.callback,
    run: async (target) => {
      const { id, body } = transcript();
      refused(await deliver(target, { body, credentials: "nobody:wrong" }));
      accepted(await deliver(target, { body }));
      await kept(target, { id, body });
    },
  },
];
