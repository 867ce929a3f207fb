/** All durable consumers of an engine: made, changed, removed, and woken when their stream has news. */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, Consumption } from "#core/ports/messageBus.ts";
import { BUS_ERRORS } from "#shared/model/bus.ts";
import type { ConsumerConfig, ConsumerInfo, ConsumerSettings } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Advise } from "./advisories.ts";
import type { BusStorage, ConsumerRecord } from "./busStorage.ts";
import { checkConsumer } from "./configChecks.ts";
import { ConsumerProgress } from "./consumerProgress.ts";
import { ConsumerRun } from "./consumerRun.ts";
import { ProgressWriter } from "./progressWriter.ts";
import { subjectFilter } from "./streamSource.ts";
import type { StreamSource } from "./streamSource.ts";

export interface ConsumerSetDeps {
  readonly storage: BusStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly advise: Advise;
}

export class ConsumerSet {
  readonly #deps: ConsumerSetDeps;
  readonly #writer: ProgressWriter;
  readonly #byStream = new Map<string, Map<string, ConsumerRun>>();

  constructor(deps: ConsumerSetDeps) {
    this.#deps = deps;
    this.#writer = new ProgressWriter(deps.storage, deps.clock);
  }

  load(records: readonly ConsumerRecord[], sourceById: (id: number) => StreamSource | undefined): void {
    for (const { streamId, settings, progress } of records) {
      const source = sourceById(streamId);
      if (source === undefined) continue;
      this.#add(source, streamId, { settings, progress: ConsumerProgress.load(progress, this.#deps.clock) });
    }
  }

  ensure(source: StreamSource, streamId: number, config: ConsumerConfig): Result<ConsumerInfo> {
    const checked = checkConsumer(config, source.subjects);
    if (!checked.ok) return checked;
    const settings = checked.value;
    const known = this.#of(source.name).get(settings.name);
    if (known !== undefined && !beginsAlike(known.settings, settings))
      return fail(
        "conflict",
        `Where ${settings.name} begins in ${source.name} was decided when it was made. Remove it to begin elsewhere.`,
        { errCode: BUS_ERRORS.invalidConsumer },
      );
    if (known !== undefined && JSON.stringify(known.settings) === JSON.stringify(settings)) return ok(known.info());
    const { storage, clock } = this.#deps;
    const progress = known?.progress ?? ConsumerProgress.begin(source, settings, subjectFilter(settings.filters));
    const saved = progress.save({ now: clock.now(), wallNow: clock.wallNow() });
    const put = storage.putConsumer({ streamId, settings, progress: saved });
    if (!put.ok) return put;
    known?.update(settings);
    return ok((known ?? this.#add(source, streamId, { settings, progress })).info());
  }

  infos(stream: string): readonly ConsumerInfo[] {
    return [...this.#of(stream).values()].map((run) => run.info()).toSorted((a, b) => a.name.localeCompare(b.name));
  }

  count(stream: string): number {
    return this.#of(stream).size;
  }

  remove(stream: string, streamId: number, name: string): Result<void> {
    const run = this.#of(stream).get(name);
    if (run === undefined)
      return fail("not_found", `The stream ${stream} has no consumer ${name}.`, {
        errCode: BUS_ERRORS.consumerNotFound,
      });
    const removed = this.#deps.storage.deleteConsumer(streamId, name);
    if (!removed.ok) return removed;
    run.close();
    this.#writer.remove(run);
    this.#of(stream).delete(name);
    return ok(undefined);
  }

  consume(stream: string, name: string, consumption: Consumption): BusSubscription {
    const run = this.#of(stream).get(name);
    if (run === undefined) {
      this.#deps.logger.error("Somebody listens to a consumer that was never made.", { stream, consumer: name });
      return { close: () => undefined };
    }
    return { close: run.subscribe(consumption) };
  }

  wake(stream: string): void {
    for (const run of this.#of(stream).values()) run.wake();
  }

  /** Nothing is delivered any more; answers still count. */
  stop(): void {
    for (const runs of this.#byStream.values()) for (const run of runs.values()) run.close();
  }

  close(): void {
    this.#writer.close();
  }

  #of(stream: string): Map<string, ConsumerRun> {
    let runs = this.#byStream.get(stream);
    if (runs === undefined) this.#byStream.set(stream, (runs = new Map<string, ConsumerRun>()));
    return runs;
  }

  #add(
    source: StreamSource,
    streamId: number,
    consumer: { readonly settings: ConsumerSettings; readonly progress: ConsumerProgress },
  ): ConsumerRun {
    const { clock, logger, advise } = this.#deps;
    const run: ConsumerRun = new ConsumerRun({
      ...consumer,
      source,
      clock,
      logger,
      advise,
      saveNow: (one) => this.#writer.now(one),
      saveSoon: (one) => this.#writer.soon(one),
    });
    this.#writer.add(run, streamId);
    this.#of(source.name).set(consumer.settings.name, run);
    return run;
  }
}

function beginsAlike(known: ConsumerSettings, wanted: ConsumerSettings): boolean {
  return known.deliver === wanted.deliver && known.startSeq === wanted.startSeq && known.startTime === wanted.startTime;
}
