/** The settings slice: what a person set, over the defaults; every window hears of a change. */
import { settingsSchema } from "#shared/model/settings.ts";
import type { Settings } from "#shared/model/settings.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Store } from "#core/store/index.ts";

export class SettingsBook {
  readonly #store: Store;
  readonly #listeners = new Set<(settings: Settings) => void>();
  #current: Settings;

  constructor(store: Store) {
    this.#store = store;
    const raw: Record<string, unknown> = {};
    for (const row of store.all("SELECT key, value FROM settings WHERE key NOT LIKE 'internal.%'"))
      raw[String(row["key"])] = JSON.parse(String(row["value"]));
    this.#current = settingsSchema.catch(settingsSchema.parse({})).parse(raw);
  }

  get current(): Settings {
    return this.#current;
  }

  /** Errors: bad_request for an unknown key or a value out of range; store_unavailable. */
  set(key: string, value: unknown, actor: string): Result<Record<string, never>> {
    if (!(key in settingsSchema.shape))
      return fail(
        "bad_request",
        `There is no setting ${key}. Settings are ${Object.keys(settingsSchema.shape).join(", ")}.`,
      );
    const parsed = settingsSchema.safeParse({ ...this.#current, [key]: value });
    if (!parsed.success)
      return fail("bad_request", `${key}: ${parsed.error.issues[0]?.message ?? "the value does not fit"}.`);
    const saved = this.#store.transact({
      actor,
      work: (tx) => {
        tx.run(
          "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
          [key, JSON.stringify(value)],
        );
        tx.append({ subject: "sys.settings.changed", type: "setting.changed", data: { key, value } });
      },
    });
    if (!saved.ok) return saved;
    this.#current = parsed.data;
    for (const listener of this.#listeners) listener(parsed.data);
    return ok({});
  }

  /** The returned function ends it. */
  watch(listener: (settings: Settings) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
