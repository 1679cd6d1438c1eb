import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

// A test like the others, so that it runs beside them: alone it takes half a minute.
it("types and lint have no fault: npm run check", { timeout: 1_200_000 }, async () => {
  const said = await new Promise<string>((resolve) => {
    execFile("npm", ["run", "--silent", "check"], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve(error === null ? "" : `${stdout}${stderr}`),
    );
  });
  expect(said).toBe("");
});
