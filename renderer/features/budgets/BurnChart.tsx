/** Spending through the span, on canvas by uPlot; everything it shows stands in a table, too. */
import { useEffect, useRef, useSyncExternalStore, type ReactElement } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Chart, ChartLine } from "./chartData.ts";
import { measureWords, type Measure } from "./measures.ts";
import type { Span } from "./periods.ts";

interface Props {
  readonly chart: Chart;
  readonly measure: Measure;
  readonly span: Span;
  readonly label: string;
}

const HEIGHT_PX = 210;

export function BurnChart({ chart, measure, span, label }: Props): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const theme = useTheme();
  const shape = chart.lines.map((line) => `${line.role} ${line.key} ${line.label}`).join("|");
  const latest = useRef(chart);
  useEffect(() => {
    latest.current = chart;
    plot.current?.setData(dataOf(chart));
  }, [chart]);
  useEffect(() => {
    const parent = frame.current;
    if (parent === null) return undefined;
    const colours = readColours(parent);
    const made = new uPlot(
      {
        ...options({ colours, measure, span, lines: latest.current.lines }),
        width: parent.clientWidth,
        height: HEIGHT_PX,
      },
      dataOf(latest.current),
      parent,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height: HEIGHT_PX }));
    resized.observe(parent);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // A line more or less, another theme or unit is another drawing; new numbers are not.
  }, [shape, theme, measure, span]);
  return <div ref={frame} className="burn-chart" role="img" aria-label={label} style={{ height: HEIGHT_PX }} />;
}

/** uPlot draws in order: the tallest stack first, what lies before it on top. */
function drawn(lines: readonly ChartLine[]): readonly ChartLine[] {
  const stacks = lines.filter(({ role }) => role === "stack").toReversed();
  return [...stacks, ...lines.filter(({ role }) => role !== "stack")];
}

function dataOf({ times, lines }: Chart): uPlot.AlignedData {
  return [[...times], ...drawn(lines).map(({ values }) => [...values])];
}

interface Colours {
  readonly chart: readonly string[];
  readonly grid: string;
  readonly text: string;
  readonly quiet: string;
  readonly ground: string;
  readonly font: string;
}

function readColours(element: HTMLElement): Colours {
  const style = getComputedStyle(element);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return {
    chart: [1, 2, 3, 4, 5].map((n) => value(`--chart-${n}`)),
    grid: value("--chart-grid"),
    text: value("--text-tertiary"),
    quiet: value("--border-strong"),
    ground: value("--surface-canvas"),
    font: `11px ${value("--font-ui")}`,
  };
}

interface Drawing {
  readonly colours: Colours;
  readonly measure: Measure;
  readonly span: Span;
  readonly lines: readonly ChartLine[];
}

function options({ colours, measure, span, lines }: Drawing): Omit<uPlot.Options, "width" | "height"> {
  const axis: uPlot.Axis = { stroke: colours.text, font: colours.font, ticks: { show: false } };
  return {
    padding: [12, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(max * 1.12, measure === "cost" ? 1e7 : 10)] } },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        values: (_plot, splits) => splits.map((at) => timeWords(at * 1000, span)),
        space: 90,
      },
      {
        ...axis,
        size: 58,
        grid: { stroke: colours.grid, width: 1 },
        values: (_plot, splits) => splits.map((value) => measureWords(measure, value)),
        space: 44,
      },
    ],
    series: [{}, ...drawn(lines).map((line) => lineStyle(line, colours))],
    plugins: [readout(drawn(lines), measure, span)],
  };
}

function lineStyle({ role, colour, label }: ChartLine, colours: Colours): uPlot.Series {
  const stroke = colours.chart[colour] ?? colours.quiet;
  const base: uPlot.Series = { label, spanGaps: true, points: { show: false } };
  switch (role) {
    case "spent":
      return { ...base, stroke, width: 2, fill: `color-mix(in srgb, ${stroke} 18%, transparent)` };
    case "stack":
      return { ...base, stroke, width: 1.5, fill: `color-mix(in srgb, ${stroke} 55%, ${colours.ground})` };
    case "forecast":
      return { ...base, stroke, width: 2, dash: [2, 4] };
    case "mean":
      return { ...base, stroke: colours.quiet, width: 1.5 };
    case "limit":
      return { ...base, stroke: colours.quiet, width: 1, dash: [4, 4] };
  }
}

/** What the lines say under the pointer, in words. */
function readout(lines: readonly ChartLine[], measure: Measure, span: Span): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = "burn-readout";
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const index = plot.cursor.idx;
        const at = index === null || index === undefined ? undefined : plot.data[0][index];
        box.hidden = at === undefined || (plot.cursor.left ?? -1) < 0;
        if (at === undefined || index === null || index === undefined) return;
        const words = lines.flatMap((line, row) => {
          const value = plot.data[row + 1]?.[index];
          return value === null || value === undefined ? [] : [`${line.label} ${measureWords(measure, value)}`];
        });
        box.textContent = [exactTime(at * 1000, span), ...words].join("  ·  ");
        box.style.setProperty("--x", `${plot.cursor.left ?? 0}px`);
        box.classList.toggle("burn-readout-left", (plot.cursor.left ?? 0) > plot.over.clientWidth / 2);
      },
    },
  };
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "short" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

function timeWords(at: number, span: Span): string {
  if (span === "day") return clock.format(at);
  const isMidnight = new Date(at).getHours() === 0;
  if (span === "week") return isMidnight ? weekday.format(at) : "";
  return isMidnight ? day.format(at) : "";
}

function exactTime(at: number, span: Span): string {
  return span === "day" ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`;
}

/** The theme the page is drawn in: colours on a canvas do not change by themselves. */
function useTheme(): string {
  return useSyncExternalStore(
    (changed) => {
      const watcher = new MutationObserver(changed);
      watcher.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => watcher.disconnect();
    },
    () => document.documentElement.dataset["theme"] ?? "light",
  );
}
