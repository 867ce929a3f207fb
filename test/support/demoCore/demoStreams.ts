/** A fake for looking at screens: the streams over sample data, with a terminal that goes on printing. */
import { fail, ok } from "#shared/model/result.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import type { StreamHandle } from "#shared/rpc/protocol.ts";
import { allNodes, findNode, refuse, type DemoWorld } from "./demoWorld.ts";
import { subjectMatches } from "./demoSubjects.ts";
import { demoUsageStreams } from "./demoUsage.ts";
import { sampleLives } from "./sampleRecords.ts";
import { terminalLine, terminalText } from "./sampleTerminal.ts";

const NOTHING: StreamHandle = { close() {} };
const bytesOf = (text: string) => new TextEncoder().encode(text);

export function demoStreams(world: DemoWorld): Handlers["streams"] {
  const pathOf = (sessionId: string) =>
    sampleLives(allNodes(world.fleets), Date.now()).find((life) => life.sessionId === sessionId)?.path;
  const watch = <T>(set: Set<T>, sink: T) => {
    set.add(sink);
    return ok({ close: () => void set.delete(sink) });
  };
  return {
    ...demoUsageStreams(),
    ...world.budgets.streams,
    ...world.bus.streams,
    ...world.deadLetters.streams,
    ...world.registry.streams,
    ...world.messages.streams,
    ...world.workflows.streams,
    tree: (_input, sink) => {
      sink.send({ type: "snapshot", fleets: world.fleets });
      return watch(world.watchers.tree, sink);
    },
    machines: (_input, sink) => {
      sink.send({ type: "snapshot", machines: world.machines });
      return watch(world.watchers.machines, sink);
    },
    inbox: (_input, sink) => {
      sink.send({ type: "snapshot", items: world.inbox });
      return watch(world.watchers.inbox, sink);
    },
    settings: (_input, sink) => {
      sink.send(world.settings);
      return watch(world.watchers.settings, sink);
    },
    status: (_input, sink) => {
      sink.send({
        keeper: "connected",
        store: "ok",
        lastSeq: world.events.at(-1)?.seq ?? 0,
        interrupted: [...world.interrupted],
        ...(world.network === undefined ? {} : { network: world.network }),
      });
      return watch(world.watchers.status, sink);
    },
    events: ({ pattern, from }, sink) => {
      const stored =
        from === undefined
          ? []
          : world.events.filter((event) => event.seq >= from && subjectMatches(pattern, event.subject));
      if (stored.length > 0) sink.send({ events: stored });
      return ok(NOTHING);
    },
    terminal: ({ sessionId }, sink) => {
      const path = pathOf(sessionId);
      if (path === undefined) return fail("not_found", "This session is not known here.");
      const start = bytesOf(terminalText(path));
      sink.send({ type: "reset", offset: start.length, cols: 100, rows: 30 }, start);
      let offset = start.length;
      let count = 0;
      const timer = setInterval(() => {
        count += 1;
        const line = bytesOf(terminalLine(count));
        sink.send({ type: "data", offset }, line);
        offset += line.length;
      }, 1500);
      return ok({ close: () => clearInterval(timer) });
    },
    recording: ({ sessionId, from }, sink) => {
      const path = pathOf(sessionId);
      if (path === undefined) return fail("not_found", "This session is not known here.");
      sink.send({ offset: from }, bytesOf(terminalText(path)).subarray(from));
      sink.end();
      return ok(NOTHING);
    },
    logs: ({ id, from }, sink) => {
      const node = findNode(world.fleets, id);
      if (node?.sessionId === undefined) return refuse(id);
      sink.send({ offset: from, sessionId: node.sessionId }, bytesOf(terminalText(node.path)).subarray(from));
      sink.end();
      return ok(NOTHING);
    },
    search: ({ text, caseSensitive, limit }, sink) => {
      const wanted = caseSensitive ? text : text.toLowerCase();
      const hits = sampleLives(allNodes(world.fleets), Date.now()).flatMap((life) =>
        plainLines(life.path).flatMap(({ line, offset }) => {
          const start = (caseSensitive ? line : line.toLowerCase()).indexOf(wanted);
          return start < 0
            ? []
            : [
                {
                  path: life.path,
                  sessionId: life.sessionId,
                  generation: life.generation,
                  offset,
                  line,
                  start,
                  end: start + text.length,
                },
              ];
        }),
      );
      sink.send({ type: "hits", hits: hits.slice(0, limit) });
      sink.send({ type: "done", truncated: hits.length > limit, incomplete: 0 });
      sink.end();
      return ok(NOTHING);
    },
  };
}

const STYLE = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");

function plainLines(path: string): { line: string; offset: number }[] {
  let offset = 0;
  return terminalText(path)
    .split("\r\n")
    .map((raw) => {
      const entry = { line: raw.replaceAll(STYLE, ""), offset };
      offset += raw.length + 2;
      return entry;
    });
}
