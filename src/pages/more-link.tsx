import { type Kept, withQuery } from "./view.ts";

type More = { path: string; next: number; kept: Kept };

/** Leads to the part that follows; scripts put it in the place of the link as the reader comes near. */
export const moreLink = ({ path, next, kept }: More): string =>
  String(
    <p class="more">
      <a
        class="button"
        href={withQuery(path, { from: next, ...kept })}
        data-part={withQuery(`${path}/part`, { from: next, ...kept })}
      >
        Next part
      </a>{" "}
      <a class="button" href={withQuery(path, { all: "true", ...kept })}>
        Print all
      </a>
      <span class="print-only">Only a part is printed. Select Print all for the rest.</span>
    </p>,
  );
