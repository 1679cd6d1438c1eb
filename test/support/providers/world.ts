/** An order of failures, as `POST /_fail` takes it. */
export type Order = {
  times?: number;
  status?: number;
  headers?: Record<string, string>;
  hangMs?: number;
  drop?: "before" | "after";
  endless?: boolean;
  echo?: boolean;
};

/** A request as a simulated provider saw it; `status` is null when it was not answered. */
export type Seen = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  status: number | null;
};

/** One simulated provider, shared with nobody. */
export type ProviderWorld<State> = {
  /** The base URL to configure. */
  url: string;
  /** One order, or several that follow one another; one without any wish serves a request as usual. */
  fail: (order: Order | Order[]) => Promise<void>;
  state: () => Promise<State & { requests: Seen[] }>;
};

/** A new world of the simulated provider at `url`, used over HTTP. */
export function providerWorld<State>(url: string): ProviderWorld<State> {
  const base = `${url}/~${crypto.randomUUID()}`;
  return {
    url: base,
    fail: async (order) => {
      await fetch(`${base}/_fail`, { method: "POST", body: JSON.stringify(order) });
    },
    state: async () =>
      (await (await fetch(`${base}/_state`)).json()) as State & { requests: Seen[] },
  };
}
