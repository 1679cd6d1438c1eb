import type { Session } from "../auth/session.ts";
import { formatsOf } from "../read/formats.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { Icon } from "./components.tsx";
import { withQuery } from "./view.ts";

type MenusProps = {
  session: Session;
  status: TranscriptStatus;
  /** The address of the page, and that of the files without their suffix. */
  path: string;
  files: string;
};

/** What can be done with a transcript, as far as the scopes go; each action is a page of its own. */
export function Menus({ session, status, path, files }: MenusProps) {
  const isSpeech = status.kind === "transcript";
  const maySubmit = session.scopes.includes("submit");
  const fileOf = (format: string) =>
    withQuery(`${files}.${format}`, { download: "true", names: isNamed(format) ? "true" : null });
  return (
    <>
      {maySubmit && (
        <a class="button" href={`${path}/share`} data-dialog>
          Share
        </a>
      )}
      <Downloads hrefOf={fileOf} formats={formatsOf(status.kind)} />
      <details class="menu">
        <summary class="button">
          More <Icon name="down" />
        </summary>
        <div>
          {maySubmit && isSpeech && (
            <a class="button item" href={`${path}/translate`} data-dialog>
              Translate
            </a>
          )}
          {maySubmit && (
            <a class="button item" href={`${path}/notify`} data-dialog>
              Notify
            </a>
          )}
          <CopyText url={`${files}.txt?names=true`} />
          {isSpeech && <MarkWords />}
          {session.scopes.includes("admin") && (
            <a class="button item danger" href={`${path}/delete`} data-dialog>
              Delete
            </a>
          )}
        </div>
      </details>
    </>
  );
}

/** Leads to the form of the title and the tags. */
export const Rename = ({ session, path }: { session: Session; path: string }) =>
  session.scopes.includes("submit") ? (
    <a class="button quiet" href={`${path}/rename`} data-dialog>
      Rename
    </a>
  ) : null;

// The others tell speakers by their numbers.
const isNamed = (format: string) => ["vtt", "srt", "txt", "md", "html"].includes(format);

export const CopyText = ({ url }: { url: string }) => (
  <button type="button" class="item js" id="copy" data-text={url}>
    Copy text
  </button>
);

export const MarkWords = () => (
  <label class="choice item">
    <input type="checkbox" id="shade" /> Mark uncertain words
  </label>
);

type DownloadsProps = { hrefOf: (format: string) => string; formats: readonly string[] };

export const Downloads = ({ hrefOf, formats }: DownloadsProps) => (
  <details class="menu">
    <summary class="button">
      Download <Icon name="down" />
    </summary>
    <nav aria-label="Download">
      {formats.map((format) => (
        <a href={hrefOf(format)}>{format.toUpperCase()}</a>
      ))}
    </nav>
  </details>
);
