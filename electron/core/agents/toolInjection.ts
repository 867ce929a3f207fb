/**
 * How each agent CLI is given Signalbox's MCP server: by flag or environment of this one session, beside the person's own
 * servers and never in their files (run with the pinned versions of test/support/agentClis.ts). The token is in the
 * environment only: argv can be read by every user of the machine.
 */
import { z } from "zod";

import type { LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Environment, Machine } from "#core/ports/machine.ts";
import { ok, type Result } from "#shared/model/result.ts";
import { withoutProxyFor } from "./metering.ts";
import { parseJson } from "./usageNumbers.ts";

/** Where any program of the agent may tell what a model request took; Claude's own hooks use the same token. */
const HOOK_URL_VARIABLE = "SIGNALBOX_HOOK_URL";
export const HOOK_TOKEN_VARIABLE = "SIGNALBOX_HOOK_TOKEN";
export const TOOLS_URL_VARIABLE = "SIGNALBOX_MCP_URL";
export const TOOLS_TOKEN_VARIABLE = "SIGNALBOX_MCP_TOKEN";
const SERVER = "signalbox";
/** A question to a person is held for less than this; everything else takes milliseconds. */
const CALL_TIMEOUT_S = 120;

/** For every program, commands and scripts, too: where it tells of its usage, and its MCP server where it has one. */
export function ownEnvironment({ ingest, tools, sessionId }: LaunchRequest, env: Environment): Environment {
  if (ingest === undefined) return {};
  return {
    ...withoutProxyFor(env),
    [HOOK_URL_VARIABLE]: `${ingest.url}/${sessionId}`,
    [HOOK_TOKEN_VARIABLE]: ingest.token,
    ...(tools === undefined ? {} : { [TOOLS_URL_VARIABLE]: tools.url, [TOOLS_TOKEN_VARIABLE]: tools.token }),
  };
}

/** Claude Code: a file for `--mcp-config`, without `--strict-mcp-config`, so that the person's own servers stay. */
export async function claudeTools(machine: Machine, request: LaunchRequest): Promise<Result<readonly string[]>> {
  const { tools, filesDir } = request;
  if (tools === undefined) return ok([]);
  const server = {
    type: "http",
    url: tools.url,
    headers: { Authorization: `Bearer \${${TOOLS_TOKEN_VARIABLE}}` },
    timeout: CALL_TIMEOUT_S * 1000,
    // Behind its tool search an agent would have to look for them first, at the price of a request.
    alwaysLoad: true,
  };
  const file = `${filesDir}/claude-mcp.json`;
  const text = JSON.stringify({ mcpServers: { [SERVER]: server } }, undefined, 2);
  const written = await machine.writePrivateFile(file, text);
  return written.ok ? ok([`--mcp-config=${file}`]) : written;
}

/** In Claude's words, for the settings that go with `--settings`. */
export function claudeAgreed({ tools }: LaunchRequest): readonly string[] {
  return (tools?.agreed ?? []).map((tool) => `mcp__${SERVER}__${tool}`);
}

/** Codex: one `-c`; without the approval mode it would ask for each message, and `codex exec` refuse it. */
export function codexTools({ tools }: LaunchRequest): readonly string[] {
  if (tools === undefined) return [];
  const agreed = tools.agreed.map((tool) => `${tool}={approval_mode="approve"}`).join(",");
  const server = [
    `url="${tools.url}"`,
    `bearer_token_env_var="${TOOLS_TOKEN_VARIABLE}"`,
    `tool_timeout_sec=${CALL_TIMEOUT_S}`,
    `tools={${agreed}}`,
  ];
  return ["-c", `mcp_servers.${SERVER}={${server.join(",")}}`];
}

const contentSchema = z.looseObject({ mcp: z.record(z.string(), z.unknown()).optional() });

/** opencode: laid over the person's files by OPENCODE_CONFIG_CONTENT, onto what they have there themselves. */
export function opencodeTools({ tools }: LaunchRequest, env: Environment): Environment {
  if (tools === undefined) return {};
  const own = env["OPENCODE_CONFIG_CONTENT"]?.trim() ?? "";
  const config = own === "" ? {} : contentSchema.safeParse(parseJson(own)).data;
  // With comments in it, or broken: theirs stays as it is.
  if (config === undefined) return {};
  const server = {
    type: "remote",
    url: tools.url,
    enabled: true,
    oauth: false,
    timeout: CALL_TIMEOUT_S * 1000,
    headers: { Authorization: `Bearer {env:${TOOLS_TOKEN_VARIABLE}}` },
  };
  return { OPENCODE_CONFIG_CONTENT: JSON.stringify({ ...config, mcp: { ...config.mcp, [SERVER]: server } }) };
}

const geminiSchema = z.looseObject({ mcpServers: z.record(z.string(), z.unknown()) });

/**
 * Gemini CLI 0.61 takes MCP servers from settings files alone: the system ones it reads only when root owns them, all
 * others are the person's. So they add it once, and its variables say per session where it is.
 */
export async function geminiWithoutTools(
  machine: Machine,
  { tools, cwd }: LaunchRequest,
  env: Environment,
): Promise<string | undefined> {
  if (tools === undefined) return undefined;
  const home = env["GEMINI_CLI_HOME"] ?? machine.homeDir;
  const texts = await Promise.all([home, cwd].map((folder) => machine.readFile(`${folder}/.gemini/settings.json`)));
  const isAdded = texts.some((text) => {
    const settings = geminiSchema.safeParse(parseJson(text ?? "")).data;
    return settings !== undefined && SERVER in settings.mcpServers;
  });
  return isAdded ? undefined : GEMINI_ADVICE;
}

const GEMINI_ADVICE = `Gemini CLI takes no MCP server for one session, so this agent cannot send messages or hand over; it still receives them. Add the server once: gemini mcp add --scope user --transport http --trust ${SERVER} '$${TOOLS_URL_VARIABLE}' --header 'Authorization: Bearer $${TOOLS_TOKEN_VARIABLE}'`;
