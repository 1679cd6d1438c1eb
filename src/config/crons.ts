/** The crons of wrangler.toml, each as its invocation names it. */
export const CRONS = { everyMinute: "* * * * *", hourly: "17 * * * *" };
