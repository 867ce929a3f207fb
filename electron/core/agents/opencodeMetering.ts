/**
 * opencode turned towards the metering gateway: each provider that is in use by key gets our base URL and header by
 * OPENCODE_CONFIG_CONTENT, which opencode lays over the person's files. Providers beyond these go their own way.
 */
import { z } from "zod";

import type { LaunchPlan } from "#core/ports/agentAdapter.ts";
import { GATEWAY_TOKEN_HEADER, type GatewayRoute, type MeterPoint, type Metering } from "#core/ports/gateway.ts";
import type { Machine } from "#core/ports/machine.ts";
import { GATEWAY_TOKEN_VARIABLE, metered, unmetered } from "./metering.ts";

interface Known {
  readonly provider: string;
  readonly upstream: string;
  readonly keys: readonly string[];
}

const KNOWN: Readonly<Record<string, Known>> = {
  anthropic: { provider: "anthropic", upstream: "https://api.anthropic.com/v1", keys: ["ANTHROPIC_API_KEY"] },
  openai: { provider: "openai", upstream: "https://api.openai.com/v1", keys: ["OPENAI_API_KEY"] },
  google: {
    provider: "google",
    upstream: "https://generativelanguage.googleapis.com/v1beta",
    keys: ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY"],
  },
};

const optionsSchema = z.looseObject({
  baseURL: z.string().optional(),
  headers: z.record(z.string(), z.unknown()).optional(),
});
const configSchema = z.looseObject({
  provider: z.record(z.string(), z.looseObject({ options: optionsSchema.optional() })).optional(),
});
type Config = z.infer<typeof configSchema>;
/** Only who and how; the keys themselves are not looked at. */
const authSchema = z.record(z.string(), z.object({ type: z.string() }));

export async function meterOpencode(machine: Machine, plan: LaunchPlan, point: MeterPoint): Promise<Metering> {
  const { env } = plan;
  const own = parse(env["OPENCODE_CONFIG_CONTENT"], configSchema);
  const files = await Promise.all(configFiles(machine, plan).map((file) => machine.readFile(file)));
  const configs = [...files.map((text) => parse(text, configSchema)), own];
  if (configs.includes("unreadable"))
    return unmetered(
      "opencode's configuration has comments or an error, so its providers cannot be told; they go their own way.",
    );
  const known = configs.filter((config) => typeof config === "object");
  const data = env["XDG_DATA_HOME"] ?? `${machine.homeDir}/.local/share`;
  const auth = parse(await machine.readFile(`${data}/opencode/auth.json`), authSchema);
  const routes = routesOf(known, (id, keys) => isKeyed(id, keys, { env, auth: typeof auth === "object" ? auth : {} }));
  const ids = Object.keys(routes);
  if (ids.length === 0) return unmetered("opencode uses no provider by key whose address could be replaced.");
  const content = turned(typeof own === "object" ? own : {}, ids, point);
  return metered(plan, {
    env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(content), [GATEWAY_TOKEN_VARIABLE]: point.token },
    routes,
  });
}

function configFiles(machine: Machine, { env, cwd }: LaunchPlan): readonly string[] {
  const config = `${env["XDG_CONFIG_HOME"] ?? `${machine.homeDir}/.config`}/opencode`;
  const named = env["OPENCODE_CONFIG"];
  const folders = [config, cwd].flatMap((folder) => [`${folder}/opencode.json`, `${folder}/opencode.jsonc`]);
  return named === undefined ? folders : [...folders, named];
}

function routesOf(
  configs: readonly Config[],
  isUsed: (id: string, keys: readonly string[]) => boolean,
): Record<string, GatewayRoute> {
  const routes: Record<string, GatewayRoute> = {};
  for (const [id, { provider, upstream, keys }] of Object.entries(KNOWN))
    if (isUsed(id, keys)) routes[id] = { provider, upstream };
  for (const config of configs)
    for (const [id, { options }] of Object.entries(config.provider ?? {})) {
      const upstream = options?.baseURL;
      if (upstream !== undefined && /^[\w.-]{1,64}$/.test(id))
        routes[id] = { provider: KNOWN[id]?.provider ?? id, upstream };
    }
  return routes;
}

/** A sign-in by browser has its own servers. */
function isKeyed(
  id: string,
  keys: readonly string[],
  where: { env: LaunchPlan["env"]; auth: z.infer<typeof authSchema> },
): boolean {
  const kept = where.auth[id]?.type;
  return kept === "api" || (kept === undefined && keys.some((key) => (where.env[key] ?? "") !== ""));
}

function turned(config: Config, ids: readonly string[], point: MeterPoint): Config {
  const provider = { ...config.provider };
  for (const id of ids) {
    const before = provider[id];
    const headers = { ...before?.options?.headers, [GATEWAY_TOKEN_HEADER]: `{env:${GATEWAY_TOKEN_VARIABLE}}` };
    provider[id] = { ...before, options: { ...before?.options, baseURL: `${point.baseUrl}/${id}`, headers } };
  }
  return { ...config, provider };
}

function parse<T>(text: string | undefined, schema: z.ZodType<T>): T | "absent" | "unreadable" {
  if (text === undefined || text.trim() === "") return "absent";
  try {
    return schema.safeParse(JSON.parse(text)).data ?? "unreadable";
  } catch {
    return "unreadable";
  }
}
