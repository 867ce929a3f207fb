import { expect, it } from "vitest";
import { refusalOfSecret, warningOfSecret, writtenSecrets } from "./writtenSecrets.ts";

const http = (id: string, headers: Record<string, string>, url = "https://x.example/mcp") =>
  writtenSecrets(id, { type: "http", url, headers });

it("names each place of a secret, and a variable after the server", () => {
  const token = { Authorization: "Bearer swordfish", Accept: "text/plain" };
  expect(http("prices", token, "https://x.example/mcp?token=swordfish")).toEqual([
    { at: ["url"], what: "The address", variable: "PRICES_TOKEN" },
    { at: ["headers", "Authorization"], what: "The header Authorization", variable: "PRICES_TOKEN" },
  ]);
  const env = { GITHUB_TOKEN: "swordfish", MODE: "fast", api_key: "swordfish" };
  const args = ["--token", "swordfish"];
  expect(writtenSecrets("github", { type: "stdio", command: "npx", args, env })).toEqual([
    { at: ["args", 1], what: "Argument 2", variable: "GITHUB_TOKEN" },
    { at: ["env", "GITHUB_TOKEN"], what: "The variable GITHUB_TOKEN", variable: "GITHUB_TOKEN" },
    { at: ["env", "api_key"], what: "The variable api_key", variable: "GITHUB_API_KEY" },
  ]);
  expect(http("my-web.2", token)[0]?.variable).toBe("MY_WEB_2_TOKEN");
  expect(http("3d", token)[0]?.variable).toBe("MCP_3D_TOKEN");
  expect(http("prices", { Authorization: "Bearer ${PRICES_TOKEN}" })).toEqual([]);
});

it("says what to do, in words that hold no secret", () => {
  const [secret] = http("prices", { Authorization: "Bearer swordfish" });
  if (secret === undefined) throw new Error("expected a secret");
  const advice = "Put it into your environment, for example as PRICES_TOKEN, and write ${PRICES_TOKEN} in its place";
  expect(refusalOfSecret("prices", secret, 2)).toBe(
    `The header Authorization of prices holds a secret itself (and 2 more), and Signalbox writes no secret down. ${advice}.`,
  );
  expect(warningOfSecret(secret, true)).toBe(
    `The header Authorization holds a secret itself, which is stored as it is. ${advice} in the fleet file.`,
  );
  expect(warningOfSecret(secret, false)).toContain("remove the server and add it again");
});
