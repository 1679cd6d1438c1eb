import { type Peer, startExpress, startHono, startOurs } from "./peers.ts";
import { type Result, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

export type Column = { name: string; results: Result[] };

/** Runs scenarios against this Worker and the two of test/peers; ours is the first column. */
export async function compare(scenarios: readonly Scenario[]): Promise<Column[]> {
  const columns: Column[] = [];
  for (const start of [startOurs, startExpress, startHono]) {
    const peer: Peer = await start();
    try {
      columns.push({ name: peer.name, results: await run(peer.target, scenarios) });
    } finally {
      await peer.stop();
    }
  }
  return columns;
}
