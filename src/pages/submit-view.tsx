import type { Session } from "../auth/session.ts";
import type { Config } from "../config/config.ts";
import { ActionCode } from "./document.tsx";

/** Submits audio by its address, or, with scripts, a file. */
export function SubmitView({ session, config }: { session: Session; config: Config }) {
  if (config.deepgram.apiKey === "") {
    return <p class="hint">Without DEEPGRAM_API_KEY nothing can be submitted from here.</p>;
  }
  return (
    <details class="submit">
      <summary>Submit audio</summary>
      <form id="submit" method="post" action="/submit" data-code={session.actionCode}>
        <ActionCode session={session} />
        <p>
          <label for="audio-url">Address of the audio</label>
          <input id="audio-url" name="url" type="url" placeholder="https://…" />
        </p>
        <p class="js">
          <label for="audio-file">or a file</label>
          <input id="audio-file" type="file" accept="audio/*,video/*" />
        </p>
        <div class="fields">
          <p>
            <label for="model">Model</label>
            <input id="model" name="model" value="nova-3" required />
          </p>
          <p>
            <label for="language">Language</label>
            <input id="language" name="language" placeholder="detected" />
          </p>
          <p>
            <label for="tag">Tag</label>
            <input id="tag" name="tag" maxlength={128} />
          </p>
          <p>
            <label for="into">Translate into</label>
            <input id="into" name="translate" placeholder="es, fr" />
          </p>
        </div>
        <button type="submit" class="main">
          Submit
        </button>
        <progress id="sent" class="js" max="1" value="0" aria-label="Upload" hidden />
        <output id="submitted" />
      </form>
    </details>
  );
}
