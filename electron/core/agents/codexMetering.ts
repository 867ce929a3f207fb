/**
 * Codex turned towards the metering gateway. A thread keeps its model provider for ever (resume under another name is
 * refused), so the provider stays and only its address moves: `openai_base_url` for its own, the provider's table for
 * others. Its own provider takes no header of ours; it sends OPENAI_PROJECT as one, which carries the token instead.
 */
import type { LaunchPlan } from "#core/ports/agentAdapter.ts";
import { GATEWAY_TOKEN_HEADER, type MeterPoint, type Metering } from "#core/ports/gateway.ts";
import type { Machine } from "#core/ports/machine.ts";
import { GATEWAY_TOKEN_VARIABLE, metered, unmetered } from "./metering.ts";

/** Where a key goes, and where a ChatGPT sign-in goes: known by the header only the latter sends. */
const KEY_SERVER = "https://api.openai.com/v1";
const CHATGPT = { header: "chatgpt-account-id", upstream: "https://chatgpt.com/backend-api/codex" };

export async function meterCodex(machine: Machine, plan: LaunchPlan, point: MeterPoint): Promise<Metering> {
  const home = plan.memo["codexHome"] ?? `${machine.homeDir}/.codex`;
  const config = parseConfig((await machine.readFile(`${home}/config.toml`)) ?? "", overrides(plan.args));
  const isElsewhere = plan.args.some((arg) => /^(--oss|--local-provider|-p|--profile|--remote)(=|$)/.test(arg));
  if (isElsewhere || config.has("profile"))
    return unmetered(
      "Codex runs with a profile or a local provider, which may have another server; it goes there by itself.",
    );
  const provider = config.get("model_provider") ?? "openai";
  return provider === "openai" ? meterOpenai(plan, point, config) : meterOwn(plan, point, { provider, config });
}

function meterOpenai(plan: LaunchPlan, point: MeterPoint, config: ReadonlyMap<string, string>): Metering {
  if ((plan.env["OPENAI_PROJECT"] ?? "") !== "")
    return unmetered("OPENAI_PROJECT is set, and Codex has no other header in which the gateway's token could travel.");
  const own = config.get("openai_base_url");
  return metered(plan, {
    args: withSettings(plan.args, [`openai_base_url=${JSON.stringify(`${point.baseUrl}/openai`)}`]),
    env: { OPENAI_PROJECT: point.token },
    routes: {
      openai:
        own === undefined
          ? { provider: "openai", upstream: KEY_SERVER, alternative: CHATGPT }
          : { provider: "openai", upstream: own },
    },
    tokenHeader: "openai-project",
  });
}

function meterOwn(
  plan: LaunchPlan,
  point: MeterPoint,
  { provider, config }: { provider: string; config: ReadonlyMap<string, string> },
): Metering {
  const table = `model_providers.${provider}`;
  const upstream = config.get(`${table}.base_url`);
  if (upstream === undefined || !/^[\w-]+$/.test(provider))
    return unmetered(`The address of Codex's model provider ${provider} was not found in its configuration.`);
  return metered(plan, {
    args: withSettings(plan.args, [
      `${table}.base_url=${JSON.stringify(`${point.baseUrl}/${provider}`)}`,
      `${table}.env_http_headers.${GATEWAY_TOKEN_HEADER}=${JSON.stringify(GATEWAY_TOKEN_VARIABLE)}`,
    ]),
    env: { [GATEWAY_TOKEN_VARIABLE]: point.token },
    routes: { [provider]: { provider, upstream } },
  });
}

/** Behind the person's own settings, so that ours count, and before a prompt. */
function withSettings(args: readonly string[], settings: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  const at = end < 0 ? args.length : end;
  return [...args.slice(0, at), ...settings.flatMap((setting) => ["-c", setting]), ...args.slice(at)];
}

function overrides(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    if (arg === "-c" || arg === "--config") return [args[index + 1] ?? ""];
    return arg.startsWith("--config=") ? [arg.slice("--config=".length)] : [];
  });
}

/** The few strings of config.toml that matter here; what is written otherwise is not found, and then nothing is metered. */
function parseConfig(text: string, settings: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let table = "";
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[([^[\]]+)\]\s*(#.*)?$/.exec(line)?.[1];
    if (head !== undefined) table = head.replaceAll(/["'\s]/g, "");
    else takeSetting(found, table === "" ? line : `${table}.${line.trim()}`);
  }
  for (const setting of settings) takeSetting(found, setting);
  return found;
}

function takeSetting(found: Map<string, string>, line: string): void {
  const [, name = "", value = ""] = /^\s*([\w.-]+)\s*=\s*(.*)$/s.exec(line) ?? [];
  if (name === "") return;
  if (value.startsWith("{")) takeTable(found, name, value);
  else {
    const text = firstText(value);
    if (text !== undefined) found.set(name, text);
  }
}

function takeTable(found: Map<string, string>, name: string, table: string): void {
  for (const match of table.matchAll(/([\w-]+)\s*=\s*(?=["'])/g)) {
    const text = firstText(table.slice(match.index + match[0].length));
    if (text !== undefined) found.set(`${name}.${match[1] ?? ""}`, text);
  }
}

/** A word without quotes is a string, too, in a setting of the command line. */
function firstText(value: string): string | undefined {
  const [, double, single, word] = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w./:-]+)$)/.exec(value) ?? [];
  return double ?? single ?? word;
}
