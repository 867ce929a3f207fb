/** Valuation: computes what a thing is worth from what the like of it was sold for. */
import { z } from "zod";
import { answer, failure, serve } from "./serve.js";

await serve("valuation", (server) => {
  server.registerTool(
    "estimate",
    {
      title: "Estimate a value",
      description: "Fits a line through past sales and tells the value in a year, with the range the sales leave open.",
      inputSchema: z.object({
        title: z.string(),
        sales: z.array(z.object({ year: z.number(), price: z.number().positive() })),
        year: z.number().int(),
      }),
      outputSchema: z.object({
        title: z.string(),
        value: z.number(),
        low: z.number(),
        high: z.number(),
        yearly: z.number(),
        sales: z.number(),
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ title, sales, year }) => {
      if (sales.length < 2) return failure("not enough: at least two sales are needed.");
      return answer({ title, ...fit(sales, year), sales: sales.length });
    },
  );
});

/** Least squares; the range is twice the standard deviation of what the line leaves over. */
function fit(sales, year) {
  const n = sales.length;
  const meanYear = sales.reduce((sum, sale) => sum + sale.year, 0) / n;
  const meanPrice = sales.reduce((sum, sale) => sum + sale.price, 0) / n;
  const spread = sales.reduce((sum, sale) => sum + (sale.year - meanYear) ** 2, 0);
  const along = sales.reduce((sum, sale) => sum + (sale.year - meanYear) * (sale.price - meanPrice), 0);
  const slope = spread === 0 ? 0 : along / spread;
  const at = (when) => meanPrice + slope * (when - meanYear);
  const rest = Math.sqrt(sales.reduce((sum, sale) => sum + (sale.price - at(sale.year)) ** 2, 0) / n);
  const value = Math.max(0, Math.round(at(year)));
  return {
    value,
    low: Math.max(0, Math.round(value - 2 * rest)),
    high: Math.round(value + 2 * rest),
    yearly: Math.round(slope * 100) / 100,
  };
}
