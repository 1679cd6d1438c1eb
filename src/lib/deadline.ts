/** A moment by which an answer is due. */
export type Deadline = {
  /** Not below 0. */
  msLeft: () => number;
};

export function deadlineIn(ms: number): Deadline {
  const dueAt = Date.now() + ms;
  return { msLeft: () => Math.max(dueAt - Date.now(), 0) };
}
