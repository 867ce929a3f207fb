/**
 * One responder: the core's terminal answers an agent's queries. This terminal parses them and stays silent, by taking
 * each query before xterm's own handler would answer it. What a person types never passes through here.
 */
import type { IDisposable, Terminal } from "@xterm/xterm";

type Params = (number | number[])[];

/** CSI sequences that only ever ask: device attributes, status and cursor reports, mode reports, version, keyboard. */
const CSI_QUERIES = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" },
  { prefix: "?", final: "u" },
] as const;
/** Colours: palette, foreground, background, cursor; with a `?` they ask, without they set. */
const COLOR_OSCS = [4, 10, 11, 12];
/** Setting a title and the title stack are all of window manipulation that answers nothing. */
const SILENT_WINDOW_OPS = new Set([22, 23]);

/** Registers the handlers; dispose them with the terminal. */
export function swallowReplies({ parser }: Pick<Terminal, "parser">): readonly IDisposable[] {
  return [
    ...CSI_QUERIES.map((id) => parser.registerCsiHandler(id, () => true)),
    parser.registerCsiHandler({ final: "t" }, (params) => isWindowReport(params)),
    parser.registerDcsHandler({ intermediates: "$", final: "q" }, () => true),
    parser.registerDcsHandler({ intermediates: "+", final: "q" }, () => true),
    parser.registerEscHandler({ final: "Z" }, () => true),
    ...COLOR_OSCS.map((code) => parser.registerOscHandler(code, (data) => asksForColor(data))),
    // The clipboard belongs to the person: an agent may neither read nor write it.
    parser.registerOscHandler(52, () => true),
  ];
}

export function asksForColor(data: string): boolean {
  return data.split(";").includes("?");
}

export function isWindowReport(params: Params): boolean {
  const op = params[0];
  return typeof op === "number" && op >= 11 && !SILENT_WINDOW_OPS.has(op);
}

const FOCUS_IN = "\u001b[I";
const FOCUS_OUT = "\u001b[O";

/**
 * Programs that asked for focus reports hear of this viewer only when a person entered or left it: a second viewer that
 * merely opens would otherwise report a loss of focus that never was.
 */
export function createFocusReports(isFocused: () => boolean): (data: string) => boolean {
  let reported = false;
  return (data) => {
    if (data === FOCUS_IN) {
      if (!isFocused()) return false;
      reported = true;
      return true;
    }
    if (data !== FOCUS_OUT) return true;
    const wasReported = reported;
    reported = false;
    return wasReported;
  };
}
