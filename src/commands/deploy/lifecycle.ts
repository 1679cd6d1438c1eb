import { requireWrangler, wrangler } from "./wrangler.ts";

/**
 * What may go by itself (src/store/README.md): the sweeper removes it after a day, and R2 where the
 * sweeper does not run. R2 counts whole days. Nothing else has a rule, callbacks least of all.
 */
const RULES = [
  { name: "expire-idempotency", prefix: "idempotency/", action: ["--expire-days", "2"] },
  { name: "expire-sessions", prefix: "sessions/", action: ["--expire-days", "1"] },
  { name: "abort-multipart", prefix: null, action: ["--abort-multipart-days", "1", "--force"] },
];

/** Adds the rules that the bucket lacks; one that is there under its name stays as it is. */
export function addLifecycleRules(bucket: string, target: string[]): void {
  const command = ["r2", "bucket", "lifecycle"];
  const listed = requireWrangler([...command, "list", bucket, ...target]);
  const present = [...listed.matchAll(/^name:\s+(.+?)\s*$/gm)].map(([, name]) => name);
  for (const { name, prefix, action } of RULES) {
    if (present.includes(name)) continue;
    const rule = prefix === null ? [name] : [name, prefix];
    wrangler([...command, "add", bucket, ...rule, ...action, ...target]);
  }
}
