/**
 * What a request costs: a person's own price from the moment it was set, else the list's of that day. A model without
 * either is unpriced, which is said and never counted as nothing. Entries keep the price they were written with; only
 * those without one are written anew when a price becomes known.
 */
import type { QueryOutput, QueryRequest } from "#shared/contract/index.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ModelPrice, Tokens } from "#shared/model/usage.ts";
import type { Row } from "#core/ports/database.ts";
import type { PriceList } from "#core/ports/priceList.ts";
import type { Store } from "#core/store/index.ts";
import { bareModel } from "./choose.ts";
import { numberOf } from "./rows.ts";
import type { Price, PriceRequest } from "./work.ts";

/** US dollars per million tokens, as providers print prices, to billionths of a dollar per token. */
const NANOS_PER_MTOK_DOLLAR = 1000;

interface Override {
  readonly id: number;
  /** '' for any. */
  readonly provider: string;
  readonly model: string;
  readonly inputNanos: number;
  readonly outputNanos: number;
  readonly cacheReadNanos: number | null;
  readonly cacheWriteNanos: number | null;
  readonly since: number;
  readonly until: number | null;
}

export interface SetPrice {
  readonly model: string;
  readonly provider?: string | undefined;
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

export class PriceBook {
  readonly #store: Store;
  readonly #list: PriceList;
  #overrides: readonly Override[] = [];

  constructor(store: Store, list: PriceList) {
    this.#store = store;
    this.#list = list;
    this.#read();
  }

  get version(): string {
    return this.#list.version;
  }

  priceOf({ provider, model, tokens, at }: PriceRequest): Price | undefined {
    const own = this.#overrideFor(provider, model);
    const holding = own.findLast((one) => one.since <= at && (one.until === null || at < one.until));
    if (holding !== undefined) return priced(holding, tokens);
    const costNanos = this.#list.costOf({ provider, model, tokens, atMs: at });
    if (costNanos !== undefined) return { costNanos, version: this.#list.version };
    // Better a price set later than none; the version says when it was set.
    const later = own.findLast((one) => one.until === null);
    return later === undefined ? undefined : priced(later, tokens);
  }

  /** Error: store_unavailable. */
  set(price: SetPrice, { actor, nowMs }: { actor: string; nowMs: number }): Result<void> {
    const nanos = (dollars: number | undefined): number | null =>
      dollars === undefined ? null : dollars * NANOS_PER_MTOK_DOLLAR;
    const provider = price.provider ?? "";
    const saved = this.#store.transact({
      actor,
      work: (tx) => {
        tx.run("UPDATE usage_price_overrides SET until = ? WHERE provider = ? AND model = ? AND until IS NULL", [
          nowMs,
          provider,
          price.model,
        ]);
        tx.run(
          "INSERT INTO usage_price_overrides (provider, model, input_nanos, output_nanos, cache_read_nanos, cache_write_nanos, since) VALUES (?, ?, ?, ?, ?, ?, ?)",
          [
            provider,
            price.model,
            nanos(price.input) ?? 0,
            nanos(price.output) ?? 0,
            nanos(price.cacheRead),
            nanos(price.cacheWrite),
            nowMs,
          ],
        );
        tx.append({ subject: "sys.price.set", type: "price.set", data: { ...price } });
      },
    });
    if (!saved.ok) return saved;
    this.#read();
    return ok(undefined);
  }

  /** Errors: not_found, store_unavailable. */
  remove(ref: { model: string; provider?: string | undefined }, by: { actor: string; nowMs: number }): Result<void> {
    const provider = ref.provider ?? "";
    const saved = this.#store.transact({
      actor: by.actor,
      work: (tx) => {
        const { changes } = tx.run(
          "UPDATE usage_price_overrides SET until = ? WHERE provider = ? AND model = ? AND until IS NULL",
          [by.nowMs, provider, ref.model],
        );
        if (changes > 0) tx.append({ subject: "sys.price.removed", type: "price.removed", data: { ...ref } });
        return changes;
      },
    });
    if (!saved.ok) return saved;
    if (saved.value === 0) return fail("not_found", `There is no price of your own for ${ref.model}.`);
    this.#read();
    return ok(undefined);
  }

  list({ text, onlyUsed }: QueryRequest<"prices.list">): QueryOutput<"prices.list"> {
    const rows = this.#store.all("SELECT DISTINCT provider, model FROM usage_dims");
    const used = rows.map((row) => ({ provider: String(row["provider"]), model: String(row["model"]) }));
    const own = this.#overrides.filter(({ until }) => until === null).map((one) => shownOverride(one, used));
    const ownModels = new Set(own.map(({ model }) => bareModel(model)));
    const listed = [...this.#list.models(), ...used.flatMap((one) => this.#list.find(one.provider, one.model) ?? [])]
      .filter(({ model }) => !ownModels.has(bareModel(model)))
      .map((price) => ({ ...price, overridden: false, used: isUsed(price.model, used) }));
    const all = new Map<string, ModelPrice>(
      [...own, ...listed].map((price) => [`${price.provider} ${price.model}`, price]),
    );
    const part = text?.toLowerCase() ?? "";
    const models = [...all.values()].filter(
      (price) => (!onlyUsed || price.used) && `${price.provider} ${price.model}`.toLowerCase().includes(part),
    );
    return { version: this.#list.version, date: this.#list.date, models, unpriced: this.#unpriced() };
  }

  #unpriced(): QueryOutput<"prices.list">["unpriced"] {
    return this.#store
      .all(
        `SELECT d.provider, d.model, sum(s.unpriced_tokens) AS tokens, sum(s.unpriced_entries) AS entries
         FROM usage_dim_sums s JOIN usage_dims d ON d.id = s.dim GROUP BY d.provider, d.model HAVING sum(s.unpriced_entries) > 0`,
      )
      .map((row) => ({
        provider: String(row["provider"]),
        model: String(row["model"]),
        tokens: Number(row["tokens"]),
        entries: Number(row["entries"]),
      }));
  }

  #overrideFor(provider: string, model: string): readonly Override[] {
    return this.#overrides.filter(
      (one) => (one.provider === "" || one.provider === provider) && bareModel(one.model) === bareModel(model),
    );
  }

  #read(): void {
    this.#overrides = this.#store.all("SELECT * FROM usage_price_overrides ORDER BY since, id").map(toOverride);
  }
}

function toOverride(row: Row): Override {
  return {
    id: Number(row["id"]),
    provider: String(row["provider"]),
    model: String(row["model"]),
    inputNanos: Number(row["input_nanos"]),
    outputNanos: Number(row["output_nanos"]),
    cacheReadNanos: numberOf(row["cache_read_nanos"]),
    cacheWriteNanos: numberOf(row["cache_write_nanos"]),
    since: Number(row["since"]),
    until: numberOf(row["until"]),
  };
}

function priced(own: Override, tokens: Tokens): Price {
  const nanos =
    tokens.input * own.inputNanos +
    tokens.output * own.outputNanos +
    tokens.cacheRead * (own.cacheReadNanos ?? own.inputNanos) +
    tokens.cacheWrite * (own.cacheWriteNanos ?? own.inputNanos);
  return { costNanos: Math.round(nanos), version: `override ${toIsoTime(own.since).slice(0, 10)}` };
}

type Used = readonly { readonly model: string }[];

function isUsed(model: string, used: Used): boolean {
  return used.some((one) => bareModel(one.model) === bareModel(model));
}

function shownOverride(own: Override, used: Used): ModelPrice {
  return {
    provider: own.provider === "" ? "any" : own.provider,
    model: own.model,
    inputNanos: own.inputNanos,
    outputNanos: own.outputNanos,
    cacheReadNanos: own.cacheReadNanos,
    cacheWriteNanos: own.cacheWriteNanos,
    overridden: true,
    since: toIsoTime(own.since),
    hasTiers: false,
    used: isUsed(own.model, used),
  };
}
