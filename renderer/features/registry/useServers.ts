/** The registry's servers as they change, and counts that grow with every call and every change of a template. */
import { useEffect, useState } from "react";
import type { ToolServer } from "#shared/model/toolServer.ts";
import { useApp } from "#renderer/state/AppContext.tsx";

export interface Servers {
  /** Undefined: not heard yet. */
  readonly servers: readonly ToolServer[] | undefined;
  readonly problem: string | undefined;
  /** Grows when the log of calls has something new. */
  readonly calls: number;
  readonly templates: number;
  readonly retry: () => void;
}

interface Heard {
  readonly servers: ReadonlyMap<string, ToolServer> | undefined;
  readonly problem: string | undefined;
  readonly calls: number;
  readonly templates: number;
}

const NOTHING: Heard = { servers: undefined, problem: undefined, calls: 0, templates: 0 };

export function useServers(): Servers {
  const { client } = useApp();
  const [attempt, setAttempt] = useState(0);
  const [heard, setHeard] = useState<Heard>(NOTHING);
  useEffect(() => {
    const control = client.open(
      "registry",
      {},
      {
        onItem: (item) =>
          setHeard((now) => {
            if (item.type === "called") return { ...now, calls: now.calls + 1 };
            if (item.type === "templates") return { ...now, templates: now.templates + 1 };
            const next = new Map(item.type === "snapshot" ? [] : now.servers);
            if (item.type === "servers") for (const key of item.removed) next.delete(key);
            for (const server of item.servers) next.set(server.key, server);
            return { ...now, problem: undefined, servers: next };
          }),
        onEnd: (error) => error !== undefined && setHeard((now) => ({ ...now, problem: error.message })),
      },
    );
    return () => control.close();
  }, [client, attempt]);
  const sorted =
    heard.servers === undefined
      ? undefined
      : [...heard.servers.values()].toSorted((left, right) => left.key.localeCompare(right.key));
  return {
    servers: sorted,
    problem: heard.problem,
    calls: heard.calls,
    templates: heard.templates,
    retry: () => setAttempt((now) => now + 1),
  };
}
