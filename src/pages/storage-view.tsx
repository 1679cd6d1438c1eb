import type { QueueBacklog, StorageHealth } from "../operate/storage-health.ts";

const GB = 1_000_000_000;

/** What waits in the queues, and how full the database is. */
export const StorageView = ({ d1, queues, outbox }: StorageHealth) => (
  <section aria-labelledby="storage">
    <h2 id="storage">Storage</h2>
    <ul class="secrets">
      <li>
        Database: {d1.bytes === null ? "does not answer" : sizeInWords(d1.bytes, d1.max_bytes)}
      </li>
      <li>Follow-ups in the queue: {backlogInWords(queues.follow_ups)}</li>
      <li>Messages that the queue gave up: {backlogInWords(queues.dead_letters)}</li>
      <li>Waiting outside the queue: {outbox === null ? "unknown" : outbox.messages}</li>
    </ul>
  </section>
);

const sizeInWords = (bytes: number, most: number): string =>
  `${(bytes / GB).toFixed(2)} of ${most / GB} GB (${Math.floor((100 * bytes) / most)} %)`;

const backlogInWords = (backlog: QueueBacklog | null): string => {
  if (backlog === null) return "unknown";
  const { messages, oldest_seconds: seconds } = backlog;
  return `${messages}${seconds === null ? "" : `, the oldest for ${seconds} s`}`;
};
