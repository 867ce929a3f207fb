/** The three spans of the page, as the person's own calendar has them. */
export type Span = "day" | "week" | "month";

export const SPANS: readonly { readonly value: Span; readonly label: string }[] = [
  { value: "day", label: "Day" },
  { value: "week", label: "Week" },
  { value: "month", label: "Month" },
];

/** Local midnight of today, of Monday, of the first; ms since 1970. */
export function spanStart(span: Span, now: number): number {
  const date = new Date(now);
  date.setHours(0, 0, 0, 0);
  if (span === "week") date.setDate(date.getDate() - ((date.getDay() + 6) % 7));
  if (span === "month") date.setDate(1);
  return date.getTime();
}

/** Where the span ends; calendar days, so that a day with a change of clocks is as long as it is. */
export function spanEnd(span: Span, now: number): number {
  const date = new Date(spanStart(span, now));
  if (span === "day") date.setDate(date.getDate() + 1);
  if (span === "week") date.setDate(date.getDate() + 7);
  if (span === "month") date.setMonth(date.getMonth() + 1);
  return date.getTime();
}

export const SPAN_WORDS: Readonly<Record<Span, string>> = { day: "today", week: "this week", month: "this month" };
