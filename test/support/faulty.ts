/** A binding as it is, but for the methods given: the platform on a bad day. */
export function faulty<Binding extends object>(
  binding: Binding,
  replaced: Partial<Record<keyof Binding, unknown>>,
): Binding {
  return new Proxy(binding, {
    get(target, name) {
      if (name in replaced) return replaced[name as keyof Binding];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A method that rejects as R2 and Queues do. */
export const refuses = (message: string) => () => Promise.reject(new Error(message));

/** A method that never answers. */
export const hangs = () => new Promise<never>(() => {});

/** A queue that keeps what it is sent instead of delivering it. */
export function recordingQueue(): {
  queue: Queue;
  sent: unknown[];
  delays: (number | undefined)[];
} {
  const sent: unknown[] = [];
  const delays: (number | undefined)[] = [];
  const queue = {
    send: async (body: unknown, options?: QueueSendOptions) => {
      sent.push(body);
      delays.push(options?.delaySeconds);
    },
    sendBatch: async (messages: Iterable<MessageSendRequest>) => {
      for (const { body } of messages) sent.push(body);
    },
  };
  return { queue: queue as unknown as Queue, sent, delays };
}
