import { expect, it } from "vitest";
import { expandAddress, expandArguments } from "./expandVariables.ts";

const environment = { TOKEN: "a+b/c=d", HOME: "/home/ann" };

it("puts a variable into an address as one part of it, and names one that is missing", () => {
  expect(expandAddress("https://x.example/mcp?key=${TOKEN}&v=2", environment)).toEqual({
    ok: true,
    value: "https://x.example/mcp?key=a%2Bb%2Fc%3Dd&v=2",
  });
  expect(expandAddress("https://x.example/mcp", environment)).toMatchObject({ value: "https://x.example/mcp" });
  expect(expandAddress("https://x.example/mcp?key=${OTHER}", environment)).toMatchObject({
    ok: false,
    error: { code: "bad_request", message: expect.stringContaining("no OTHER") as string },
  });
});

it("puts variables into arguments as they are, but not into what may be a name of a script's own", () => {
  const args = ["--key", "${TOKEN}", "--header=Bearer ${TOKEN}", "${row}", "$TOKEN"];
  expect(expandArguments({ command: "npx", args }, environment)).toEqual([
    "--key",
    "a+b/c=d",
    "--header=Bearer a+b/c=d",
    "${row}",
    "$TOKEN",
  ]);
  for (const command of ["sh", "/bin/bash", "C:\\bin\\sh.exe"])
    expect(expandArguments({ command, args }, environment)).toEqual(args);
  expect(expandArguments({ command: "push", args: ["${HOME}"] }, environment)).toEqual(["/home/ann"]);
});
