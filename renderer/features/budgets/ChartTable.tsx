import type { ReactElement } from "react";
import type { Chart } from "./chartData.ts";
import { measureWords, type Measure } from "./measures.ts";
import type { Span } from "./periods.ts";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/** The same numbers as the chart, for whoever would rather read them. */
export function ChartTable({
  chart,
  measure,
  span,
}: {
  readonly chart: Chart;
  readonly measure: Measure;
  readonly span: Span;
}): ReactElement {
  const format = span === "day" ? clock : dayAndClock;
  return (
    <div className="chart-table scroll" tabIndex={0} aria-label="The chart as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">Until</th>
            {chart.lines.map((line) => (
              <th key={line.key} scope="col" className="num">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chart.times.map((time, row) => (
            <tr key={time}>
              <th scope="row" className="t2 tab">
                {format.format(time * 1000)}
              </th>
              {chart.lines.map((line) => (
                <td key={line.key} className="num">
                  {line.values[row] === null || line.values[row] === undefined
                    ? ""
                    : measureWords(measure, line.values[row])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
