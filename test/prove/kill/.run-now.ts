import { killAmongLargeBodies, proofOf } from "/work/wt/h17/test/prove/kill/large-bodies.ts";
const kills = Number(process.argv[2] ?? 2);
const report = await killAmongLargeBodies({ kills, seed: Number(process.argv[3] ?? 20261130) });
console.log(JSON.stringify(report, null, 1));
console.log(proofOf(report).holds);
