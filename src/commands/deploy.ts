import { commandLine } from "./command-line.ts";
import { deployOptions, USAGE } from "./deploy/plan.ts";

const options = commandLine(USAGE, () => deployOptions(process.argv.slice(2)));
// It loads wrangler, 15 MB: the command line is read before.
const { runDeployment } = await import("./deploy/deploy.ts");
process.exitCode = await runDeployment(options);
