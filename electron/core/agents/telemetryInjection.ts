/**
 * How an agent CLI is asked to report its telemetry to us: by flags and environment of this one session, never in the
 * person's files. Where the person already sends telemetry somewhere theirs stands and we read the next best source.
 */
import { z } from "zod";

import type { LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Environment, Machine } from "#core/ports/machine.ts";
import { parseJson } from "./usageNumbers.ts";

/** Flags and variables to add. */
export interface Injection {
  readonly args: readonly string[];
  readonly env: Environment;
}

const NONE: Injection = { args: [], env: {} };
/** Every exporter reads these; whoever set one of them has a collector of their own. */
const STANDARD = /^OTEL_(EXPORTER_OTLP_|LOGS_EXPORTER$|METRICS_EXPORTER$|TRACES_EXPORTER$|SDK_DISABLED$)/;

export async function claudeInjection(machine: Machine, request: LaunchRequest, env: Environment): Promise<Injection> {
  const { ingest } = request;
  if (ingest === undefined || (await ownTelemetryClaude(machine, env, request)) !== undefined) return NONE;
  return {
    args: [],
    env: {
      CLAUDE_CODE_ENABLE_TELEMETRY: "1",
      OTEL_LOGS_EXPORTER: "otlp",
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `${ingest.telemetryUrl}/${request.sessionId}`,
      OTEL_EXPORTER_OTLP_HEADERS: authorization(ingest.token),
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
      // A budget is only as good as the last number; the defaults are 5 s and 60 s.
      OTEL_LOGS_EXPORT_INTERVAL: "200",
      OTEL_METRIC_EXPORT_INTERVAL: "1000",
    },
  };
}

export async function codexInjection(machine: Machine, request: LaunchRequest, env: Environment): Promise<Injection> {
  const { ingest } = request;
  if (ingest === undefined || (await ownTelemetryCodex(machine, env, request)) !== undefined) return NONE;
  const endpoint = `${ingest.telemetryUrl}/${request.sessionId}/v1/logs`;
  return {
    args: ["-c", `otel.exporter={otlp-http={endpoint="${endpoint}",protocol="json"}}`],
    // The token is not in argv, which every user of the machine can read.
    env: { OTEL_EXPORTER_OTLP_HEADERS: authorization(ingest.token) },
  };
}

export async function geminiInjection(machine: Machine, request: LaunchRequest, env: Environment): Promise<Injection> {
  const { ingest } = request;
  if (ingest === undefined || (await ownTelemetryGemini(machine, env, request)) !== undefined) return NONE;
  return {
    args: [],
    env: {
      GEMINI_TELEMETRY_ENABLED: "true",
      GEMINI_TELEMETRY_TARGET: "local",
      GEMINI_TELEMETRY_OTLP_PROTOCOL: "http",
      GEMINI_TELEMETRY_OTLP_ENDPOINT: `${ingest.telemetryUrl}/${request.sessionId}`,
      // Numbers are wanted, not what was said.
      GEMINI_TELEMETRY_LOG_PROMPTS: "false",
      OTEL_EXPORTER_OTLP_HEADERS: authorization(ingest.token),
    },
  };
}

/** Not percent-encoded, as the specification would have it: Claude Code sends what it finds, the others take both. */
function authorization(token: string): string {
  return `Authorization=Bearer ${token}`;
}

interface Asked {
  readonly cwd?: string;
  readonly args?: readonly string[];
}

const envBlockSchema = z.object({ env: z.record(z.string(), z.unknown()) });

export async function ownTelemetryClaude(
  machine: Machine,
  env: Environment,
  { cwd }: Asked,
): Promise<string | undefined> {
  const isOwn = (name: string): boolean => STANDARD.test(name) || name === "CLAUDE_CODE_ENABLE_TELEMETRY";
  const variable = Object.keys(env).find(isOwn);
  if (variable !== undefined) return leftAlone("Claude Code", `the variable ${variable}`);
  const folders = cwd === undefined ? [] : [`${cwd}/.claude/settings.local.json`, `${cwd}/.claude/settings.json`];
  for (const file of [...folders, `${env["CLAUDE_CONFIG_DIR"] ?? `${machine.homeDir}/.claude`}/settings.json`]) {
    const settings = envBlockSchema.safeParse(parseJson((await machine.readFile(file)) ?? "")).data;
    if (Object.keys(settings?.env ?? {}).some(isOwn)) return leftAlone("Claude Code", file);
  }
  return undefined;
}

export async function ownTelemetryCodex(
  machine: Machine,
  env: Environment,
  { args = [] }: Asked,
): Promise<string | undefined> {
  const variable = Object.keys(env).find((name) => STANDARD.test(name));
  if (variable !== undefined) return leftAlone("Codex", `the variable ${variable}`);
  if (args.some((arg) => arg.startsWith("otel."))) return leftAlone("Codex", "its own -c flags");
  const file = `${env["CODEX_HOME"] ?? `${machine.homeDir}/.codex`}/config.toml`;
  const isSet = /^\s*(\[otel[\].]|otel\s*[.=])/m.test((await machine.readFile(file)) ?? "");
  return isSet ? leftAlone("Codex", file) : undefined;
}

const geminiSettingsSchema = z.object({ telemetry: z.object({ enabled: z.literal(true) }) });

export async function ownTelemetryGemini(
  machine: Machine,
  env: Environment,
  { cwd }: Asked,
): Promise<string | undefined> {
  const variable = Object.keys(env).find((name) => STANDARD.test(name) || name.startsWith("GEMINI_TELEMETRY_"));
  if (variable !== undefined) return leftAlone("Gemini CLI", `the variable ${variable}`);
  const folder = cwd === undefined ? [] : [`${cwd}/.gemini/settings.json`];
  for (const file of [...folder, `${machine.homeDir}/.gemini/settings.json`]) {
    const settings = geminiSettingsSchema.safeParse(parseJson((await machine.readFile(file)) ?? "")).data;
    if (settings !== undefined) return leftAlone("Gemini CLI", file);
  }
  return undefined;
}

function leftAlone(name: string, where: string): string {
  return `${name} already sends its telemetry where you told it to (${where}). That is left as it is; its transcripts are read instead.`;
}
