/**
 * How each agent CLI is turned towards the metering gateway: its base URL by environment or flag, the token in a header
 * (measured with the pinned versions of test/support/agentClis.ts). The person's own base URL, where one is set, becomes
 * the upstream. A launch that cannot be metered whole is left alone, and says why.
 */
import { GATEWAY_TOKEN_HEADER, type MeterPoint, type Metering } from "#core/ports/gateway.ts";
import type { LaunchPlan } from "#core/ports/agentAdapter.ts";
import type { Environment, Machine } from "#core/ports/machine.ts";

export const GATEWAY_TOKEN_VARIABLE = "SIGNALBOX_GATEWAY_TOKEN";

const CLOUDS = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];

/** Claude Code: ANTHROPIC_BASE_URL and ANTHROPIC_CUSTOM_HEADERS. */
export async function meterClaude(machine: Machine, plan: LaunchPlan, point: MeterPoint): Promise<Metering> {
  const { env } = plan;
  if (CLOUDS.some((name) => isSet(env, name)))
    return unmetered(
      "Claude Code talks to a cloud (Bedrock, Vertex or Foundry) that signs requests for its own address.",
    );
  const folder = env["CLAUDE_CONFIG_DIR"] ?? `${machine.homeDir}/.claude`;
  const project = `${plan.cwd}/.claude`;
  const files = [`${folder}/settings.json`, `${project}/settings.json`, `${project}/settings.local.json`];
  const naming = await firstNaming(machine, files, "ANTHROPIC_BASE_URL");
  if (naming !== undefined)
    return unmetered(`${naming} sets ANTHROPIC_BASE_URL, which wins over ours; set it in the shell.`);
  const upstream = env["ANTHROPIC_BASE_URL"] ?? "https://api.anthropic.com";
  const headers = [env["ANTHROPIC_CUSTOM_HEADERS"], `${GATEWAY_TOKEN_HEADER}: ${point.token}`];
  return metered(plan, {
    env: { ANTHROPIC_BASE_URL: `${point.baseUrl}/anthropic`, ANTHROPIC_CUSTOM_HEADERS: joined(headers, "\n") },
    routes: { anthropic: { provider: "anthropic", upstream } },
  });
}

/** Gemini CLI: GOOGLE_GEMINI_BASE_URL and GEMINI_CLI_CUSTOM_HEADERS, with an API key only. */
export async function meterGemini(machine: Machine, plan: LaunchPlan, point: MeterPoint): Promise<Metering> {
  const { env } = plan;
  const folders = [`${machine.homeDir}/.gemini`, `${plan.cwd}/.gemini`];
  if (isSet(env, "GOOGLE_GENAI_USE_VERTEXAI") || (await usesGoogleSignIn(machine, folders)))
    return unmetered(
      "Gemini CLI is signed in with Google, whose server cannot be replaced; use an API key to meter it.",
    );
  const files = [...folders.map((folder) => `${folder}/.env`), `${plan.cwd}/.env`, `${machine.homeDir}/.env`];
  const naming = await firstNaming(machine, files, "GOOGLE_GEMINI_BASE_URL");
  if (naming !== undefined) return unmetered(`${naming} sets GOOGLE_GEMINI_BASE_URL; set it in the shell.`);
  const upstream = env["GOOGLE_GEMINI_BASE_URL"] ?? "https://generativelanguage.googleapis.com";
  const headers = [env["GEMINI_CLI_CUSTOM_HEADERS"], `${GATEWAY_TOKEN_HEADER}: ${point.token}`];
  return metered(plan, {
    env: { GOOGLE_GEMINI_BASE_URL: `${point.baseUrl}/gemini`, GEMINI_CLI_CUSTOM_HEADERS: joined(headers, ", ") },
    routes: { gemini: { provider: "google", upstream } },
  });
}

async function usesGoogleSignIn(machine: Machine, folders: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(folders.map((folder) => machine.readFile(`${folder}/settings.json`)));
  return texts.some((text) => /"selectedType"\s*:\s*"(oauth|vertex|compute|cloud)/.test(text ?? ""));
}

async function firstNaming(machine: Machine, files: readonly string[], name: string): Promise<string | undefined> {
  const texts = await Promise.all(files.map((file) => machine.readFile(file)));
  return files.find((_file, index) => texts[index]?.includes(name) === true);
}

export function unmetered(why: string): Metering {
  return { type: "unmetered", why };
}

type Turned = Omit<Metering & { type: "metered" }, "type" | "args"> & { readonly args?: readonly string[] };

/** The environment grows by what is turned; every upstream must be a plain address. */
export function metered(plan: LaunchPlan, turned: Turned): Metering {
  const odd = Object.values(turned.routes).find((route) => !isPlainUrl(route.upstream));
  if (odd !== undefined)
    return unmetered(
      `The base URL of ${odd.provider} is no plain http or https address, so it cannot be passed through.`,
    );
  return { type: "metered", args: plan.args, ...turned, env: { ...withoutProxyFor(plan.env), ...turned.env } };
}

/** A name or password in the address would have to be kept with the session. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** The way to us is on this machine: the person's proxy is for the way from us to the provider. */
export function withoutProxyFor(env: Environment): Environment {
  const hasProxy = Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name));
  if (!hasProxy) return env;
  const own = ["NO_PROXY", "no_proxy"].map((name) => [name, joined([env[name] ?? env["NO_PROXY"], "127.0.0.1"], ",")]);
  return { ...env, ...Object.fromEntries(own) };
}

function joined(parts: readonly (string | undefined)[], between: string): string {
  return parts.filter((part) => part !== undefined && part !== "").join(between);
}

function isSet(env: Environment, name: string): boolean {
  return !["", "0", "false"].includes(env[name] ?? "");
}
