import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { answerError, answerJson } from "./answer.ts";
import type { Desk } from "./listen-route.ts";

type Order = { fake?: string; jobs?: number; redeliver?: string };

const obey = async ({ misbehaviour, jobs }: Desk, order: Order): Promise<unknown> => {
  if (order.fake !== undefined) misbehaviour.order(order.fake, order.jobs);
  if (order.redeliver === undefined) return {};
  return { attempts: await jobs.redeliver(order.redeliver) };
};

/**
 * `GET /_control` lists the jobs. `POST /_control` takes `{"fake":"duplicate:3","jobs":1}`, for the
 * next jobs or, without `jobs`, for all to come, and `{"redeliver":"REQUEST_ID"}`, which answers when
 * the delivery is done.
 */
export const control = async (
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (request.method === "GET") return answerJson(response, 200, { jobs: desk.jobs.all });
  try {
    const order = (await json(request)) as Order;
    answerJson(response, 200, await obey(desk, order));
  } catch (error) {
    answerError(response, 400, error instanceof Error ? error.message : String(error), "");
  }
};
