/** Listeners further behind are disconnected; they reconnect and resume where they were. */
const MAX_WAITING_LINES = 1_000;

type Listener = { push: (line: string) => void; end: () => void };

/** Those who follow a stream. Each is sent lines of text. */
export function createListeners() {
  const listeners = new Set<Listener>();
  const encoder = new TextEncoder();

  /** First the lines of `past`, which are read as they are sent, then each that is pushed. */
  function listen(past: Iterator<string>): ReadableStream<Uint8Array> {
    const waiting: string[] = [];
    let isEnded = false;
    let wake = () => {};
    const listener: Listener = {
      push(line) {
        if (waiting.push(line) > MAX_WAITING_LINES) listener.end();
        wake();
      },
      end() {
        isEnded = true;
        listeners.delete(listener);
        wake();
      },
    };
    const next = async (): Promise<string | undefined> => {
      const { value, done } = past.next();
      if (!done) return value;
      while (waiting.length === 0 && !isEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return waiting.shift();
    };
    listeners.add(listener);
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const line = await next();
          if (line === undefined) controller.close();
          else controller.enqueue(encoder.encode(line));
        },
        cancel: listener.end,
      },
      { highWaterMark: 0 },
    );
  }

  return {
    listen,
    push: (line: string) => {
      for (const { push } of listeners) push(line);
    },
    end: () => {
      for (const { end } of listeners) end();
    },
    isEmpty: () => listeners.size === 0,
  };
}
