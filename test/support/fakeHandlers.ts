/** Handlers that refuse everything except what a test gives; the log lines a server would write are kept for looking at. */
import { contract } from "#shared/contract/index.ts";
import { fail } from "#shared/model/result.ts";
import type { CommandHandlers, Handlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { RpcLogger } from "#shared/rpc/server.ts";

export interface FakeHandlers {
  queries?: Partial<QueryHandlers>;
  commands?: Partial<CommandHandlers>;
  streams?: Partial<StreamHandlers>;
}

export function fakeHandlers(given: FakeHandlers = {}): Handlers {
  const refuse = (names: object, answer: (name: string) => unknown) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, answer(name)]));
  const later = (name: string) => () => Promise.resolve(fail("unsupported", `This test has no "${name}".`));
  const now = (name: string) => () => fail("unsupported", `This test has no "${name}".`);
  return {
    queries: { ...refuse(contract.queries, later), ...given.queries } as QueryHandlers,
    commands: { ...refuse(contract.commands, later), ...given.commands } as CommandHandlers,
    streams: { ...refuse(contract.streams, now), ...given.streams } as StreamHandlers,
  };
}

export interface KeptLog extends RpcLogger {
  readonly lines: string[];
}
export function keptLog(): KeptLog {
  const lines: string[] = [];
  return {
    lines,
    warn: (message) => lines.push(`warn ${message}`),
    error: (message) => lines.push(`error ${message}`),
  };
}
