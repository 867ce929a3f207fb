/**
 * How the gateway reaches a provider: over the agent's own proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) and with the
 * certificates the person trusts beyond the usual ones, as the CLI would have. Certificates are always verified.
 */
import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { getCACertificates } from "node:tls";

import type { Environment } from "#core/ports/machine.ts";

/** Kept for the next request; well below the idle time after which providers hang up. */
const IDLE_MS = 30_000;
const PROXY_NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
const CERTIFICATE_NAMES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CODEX_CA_CERTIFICATE"];

export interface UpstreamAgents {
  for(url: URL, env: Environment): HttpAgent;
  close(): void;
}

/** Connections are shared by all sessions with the same proxy and certificates. */
export function createUpstreamAgents(): UpstreamAgents {
  const agents = new Map<string, HttpAgent>();
  return {
    for(url, env) {
      const proxy = chosen(env, PROXY_NAMES);
      const isSecure = url.protocol === "https:";
      const files = isSecure ? Object.values(chosen(env, CERTIFICATE_NAMES)) : [];
      const key = JSON.stringify([isSecure, proxy, files]);
      const known = agents.get(key);
      if (known !== undefined) return known;
      const options = { keepAlive: true, timeout: IDLE_MS, scheduling: "lifo", proxyEnv: proxy } as const;
      const made = isSecure ? new HttpsAgent({ ...options, ...trust(files) }) : new HttpAgent(options);
      agents.set(key, made);
      return made;
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function chosen(env: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === "" ? [] : [[name, value] as const];
    }),
  );
}

/** A file that cannot be read adds nothing, as it does for the CLIs. */
function trust(files: readonly string[]): { ca?: string[] } {
  const added = files.flatMap((file) => {
    try {
      return [readFileSync(file, "utf8")];
    } catch {
      return [];
    }
  });
  return added.length === 0 ? {} : { ca: [...getCACertificates("default"), ...getCACertificates("system"), ...added] };
}
