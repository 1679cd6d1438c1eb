/** What Cloudflare bills, counted in the units of prices.json. */
export type Bill = {
  workerRequests: number;
  /** put, list, createMultipartUpload, uploadPart and complete, whatever becomes of them. */
  r2ClassA: number;
  /** get and head. */
  r2ClassB: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  /** A write, a read and a delete for each 64 KB of a message. */
  queueOperations: number;
  kvReads: number;
  kvWrites: number;
  dataPoints: number;
  /** Calls from outside, alarms, and a twentieth of the messages of sockets. */
  objectRequests: number;
  objectRowsWritten: number;
  /** What Workers Logs keeps: one for each invocation, and one for each line. */
  logEvents: number;
};

export const emptyBill = (): Bill => ({
  workerRequests: 0,
  r2ClassA: 0,
  r2ClassB: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  queueOperations: 0,
  kvReads: 0,
  kvWrites: 0,
  dataPoints: 0,
  objectRequests: 0,
  objectRowsWritten: 0,
  logEvents: 0,
});

/** An invocation: of the Worker, or of a Durable Object. */
export function invoked(bill: Bill, unit: "workerRequests" | "objectRequests"): void {
  bill[unit]++;
  bill.logEvents++;
}

/** Without what is nothing. */
export const positions = (bill: Bill): Partial<Bill> =>
  Object.fromEntries(Object.entries(bill).filter(([, count]) => count !== 0));
