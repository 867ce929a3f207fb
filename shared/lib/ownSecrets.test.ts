import { describe, expect, it } from "vitest";
import { addressHoldsSecret, holdsSecret, secretArguments } from "./ownSecrets.ts";

const SHAPED = "sk-ant-api03-0Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9";

describe("a value that holds a secret itself", () => {
  it.each([
    ["Authorization", "Bearer abc123def456"],
    ["Authorization", "Bearer topsecret"],
    ["authorization", "abc"],
    ["Proxy-Authorization", "Basic dXNlcjpwYXNz"],
    ["Authorization", "Token token=abcdef"],
    ["Cookie", "session=8f3a9c"],
    ["X-Api-Key", "topsecret"],
    ["x-auth-token", "abcdef"],
    ["apiKey", "abcdef"],
    ["GITHUB_TOKEN", "hunter2"],
    ["GITHUB_PERSONAL_ACCESS_TOKEN", "0123456789"],
    ["AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
    ["DB_PASSWORD", "swordfish"],
    ["PGPASSWORD", "swordfish"],
    ["MYSQL_PWD", "swordfish"],
    ["CLIENT_SECRET", "a b c"],
    ["STRIPE_KEY", "live0123456789"],
    ["JIRA_TOKEN", "/abc+def0123456789=="],
    ["API_TOKEN", "https://ann:pass@host/x"],
    // A known shape, whatever the name, and beside a reference.
    ["NOTE", `use ${SHAPED} please`],
    ["DATABASE_URL", "postgres://ann:swordfish@db/shop"],
    ["X-Custom", "Bearer abc123def456ghi"],
    ["CONFIG", `{"headers":{"Authorization":"Bearer ntn_0123456789abcdef"}}`],
    ["PEM", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----"],
    ["Authorization", `Bearer ${SHAPED} \${PRICES_TOKEN}`],
    ["Authorization", "Bearer abcdef0123456789${REST}"],
  ])("%s: %s", (name, value) => {
    expect(holdsSecret(name, value)).toBe(true);
  });

  it.each([
    ["Authorization", "Bearer ${PRICES_TOKEN}"],
    ["Authorization", "${SCHEME} ${PRICES_TOKEN}"],
    ["Authorization", "Basic ${A}${B}"],
    ["Authorization", "Token token=${PRICES_TOKEN}"],
    ["Authorization", "Bearer"],
    ["Authorization", ""],
    ["Cookie", "session=${SESSION}; theme=dark"],
    ["GITHUB_TOKEN", "${GITHUB_TOKEN}"],
    ["GITHUB_TOKEN", "$GITHUB_TOKEN"],
    ["GITHUB_TOKEN", "${GITHUB_TO"],
    ["GITHUB_TOKEN", "<your token>"],
    ["OPENAI_API_KEY", "not-needed"],
    ["OPENAI_API_KEY", "none"],
    ["MAX_TOKEN", "4096"],
    ["MAX_TOKENS", "4096"],
    ["USE_TOKEN", "true"],
    ["SSL_KEY", "/etc/ssl/private/site.key"],
    ["PRIVATE_KEY", "~/.ssh/id_ed25519"],
    ["PRIVATE_KEY", "./keys/site.pem"],
    ["PASSWORD_FILE", "my-password-file-12"],
    ["SECRET_NAME", "prod-database-01"],
    ["TOKEN_URL", "https://login.example/oauth/token"],
    ["AUTH_TOKEN", "https://login.example/oauth/token"],
    ["CACHE_KEY", "prices-2026-11-21"],
    ["JIRA_PROJECT_KEY", "SHOP2026ABCDEF"],
    ["SORT_KEY", "created_at_2026"],
    ["MAP_KEY", "SHOP"],
    ["PWD", "/home/ann/shop"],
    ["PATH", "/usr/bin:/bin"],
    ["MONKEY", "abcdef0123456789"],
    ["BYPASS", "abcdef0123456789"],
    ["Accept", "application/json, text/event-stream"],
    ["X-Request-Id", "9fceb02d0ae598e95dc970b74767f19372d61af8"],
    ["DATABASE_URL", "postgres://ann:${DB_PASSWORD}@db/shop"],
    ["DATABASE_URL", "postgres://db/shop"],
    ["LOG", "sk-learn and risk-management-of-a-kind"],
  ])("is not %s: %s", (name, value) => {
    expect(holdsSecret(name, value)).toBe(false);
  });
});

it.each([
  ["https://ann:swordfish@tools.example/mcp", true],
  ["https://tools.example/mcp?api_key=abcdef", true],
  ["https://tools.example/mcp?x=1&tavilyApiKey=abcdef#top", true],
  ["https://tools.example/mcp/hf_0123456789abcdefgh", true],
  ["https://tools.example/mcp#token=abcdef", true],
  ["https://ann:${PASSWORD}@tools.example/mcp", false],
  ["https://tools.example/mcp?api_key=${PRICES_TOKEN}&v=20261121", false],
  ["https://ann@tools.example:8443/mcp?key=&page=2", false],
  ["http://127.0.0.1:8080/mcp", false],
])("the address %s holds a secret: %s", (address, holds) => {
  expect(addressHoldsSecret(address)).toBe(holds);
});

it.each([
  [["--api-key", SHAPED], [1]],
  [["-y", "pkg", "--api-key", "swordfish"], [3]],
  [["--api-key=swordfish", "--verbose"], [0]],
  [["-e", "GITHUB_TOKEN=swordfish"], [1]],
  [["--header", "Authorization: Bearer swordfish"], [1]],
  [["mcp-remote", "https://x.example/mcp?token=swordfish"], [1]],
  [["postgres://ann:swordfish@db/shop"], [0]],
  [["--api-key", "${PRICES_TOKEN}", "--token=${T}", "--header", "Authorization:Bearer ${T}"], []],
  [["--api-key", "--verbose", "--token-file", "/run/token", "--max-token=4096"], []],
  [["-y", "@modelcontextprotocol/server-memory@1.2.3", "/home/ann/shop", "C:\\shop", "--port", "8080"], []],
  [["-c", 'exec server --api-key "$PRICES_TOKEN"'], []],
])("of the arguments %j those at %j", (args, places) => {
  expect(secretArguments(args)).toEqual(places);
});
