import { withQuery } from "./view.ts";

/** What a link to another part of the same view keeps. */
export type Kept = { lang: string | null; audio: string | null };

/** Leads to the part that follows; scripts put it in the place of the link as the reader comes near. */
export const MoreLink = ({ path, next, kept }: { path: string; next: number; kept: Kept }) => (
  <p class="more">
    <a
      href={withQuery(path, { from: next, ...kept })}
      data-part={withQuery(`${path}/part`, { from: next, ...kept })}
    >
      What follows
    </a>
  </p>
);
