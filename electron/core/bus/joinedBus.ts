/**
 * The bus of a machine that is one of several: what happened on it (its event log) stays its own and is read where it lies;
 * everything else goes over the network. What may be published or made is checked here, as on a machine alone.
 */
import type {
  BusSubscription,
  Consumption,
  DeliveryHandler,
  MessageBus,
  Outgoing,
  ReadQuery,
  RequestOptions,
} from "#core/ports/messageBus.ts";
import { isValidPattern, overlapsPattern, patternProblem } from "#shared/lib/subjects.ts";
import type { BusMessage, ConsumerConfig, ConsumerInfo, PubAck, StreamConfig, StreamInfo } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { checkConsumer, checkStream } from "./configChecks.ts";
import { checkOutgoing, subjectProblem } from "./outgoing.ts";

export interface JoinedBusParts {
  /** Only its read-only streams are used: the event log. What it kept before this machine joined others stays in it. */
  readonly local: MessageBus;
  readonly remote: MessageBus;
}

const NOBODY: BusSubscription = { close: () => {} };

export async function createJoinedBus({ local, remote }: JoinedBusParts): Promise<Result<MessageBus>> {
  const kept = await local.streams();
  if (!kept.ok) return kept;
  return ok(
    new JoinedBus(
      { local, remote },
      kept.value.filter(({ isReadOnly }) => isReadOnly),
    ),
  );
}

class JoinedBus implements MessageBus {
  readonly engine: MessageBus["engine"];
  readonly #local: MessageBus;
  readonly #remote: MessageBus;
  readonly #localStreams: readonly StreamInfo[];
  /** Subjects of the streams over there, as they were made or looked up last. */
  readonly #subjects = new Map<string, readonly string[]>();

  constructor({ local, remote }: JoinedBusParts, localStreams: readonly StreamInfo[]) {
    this.#local = local;
    this.#remote = remote;
    this.#localStreams = localStreams;
    this.engine = remote.engine;
  }

  async ensureStream(config: StreamConfig): Promise<Result<StreamInfo>> {
    const checked = checkStream(config);
    if (!checked.ok) return checked;
    const taken = this.#localStreams.find(({ subjects }) => overlapping(subjects, checked.value.subjects));
    if (taken !== undefined)
      return fail("conflict", `Subjects of ${config.name} are kept by the stream ${taken.name} already.`);
    const made = await this.#remote.ensureStream(config);
    if (made.ok) this.#subjects.set(config.name, made.value.subjects);
    return made;
  }

  async streams(): Promise<Result<readonly StreamInfo[]>> {
    const [own, far] = await Promise.all([this.#local.streams(), this.#remote.streams()]);
    if (!own.ok) return own;
    if (!far.ok) return far;
    for (const { name, subjects } of far.value) this.#subjects.set(name, subjects);
    const log = own.value.filter(({ isReadOnly }) => isReadOnly);
    return ok([...log, ...far.value].toSorted((a, b) => a.name.localeCompare(b.name)));
  }

  async publish(message: Outgoing): Promise<Result<PubAck>> {
    if (message.subject.startsWith("$"))
      return fail("forbidden", `"${message.subject}" is reserved: subjects with a $ are the bus's own.`);
    const checked = checkOutgoing(message, false);
    if (!checked.ok) return checked;
    if (this.#localStreams.some(({ subjects }) => overlapping(subjects, [message.subject])))
      return this.#local.publish(message);
    return this.#remote.publish({ ...message, data: checked.value.data });
  }

  get(stream: string, seq: number): Promise<Result<BusMessage | undefined>> {
    return this.#of(stream).get(stream, seq);
  }

  async read(query: ReadQuery): Promise<Result<readonly BusMessage[]>> {
    const problem = query.filter === undefined ? undefined : patternProblem(query.filter);
    if (problem !== undefined) return fail("bad_request", problem.message);
    return this.#of(query.stream).read(query);
  }

  async ensureConsumer(stream: string, config: ConsumerConfig): Promise<Result<ConsumerInfo>> {
    const bus = this.#of(stream);
    if (bus === this.#local) return bus.ensureConsumer(stream, config);
    if (!this.#subjects.has(stream)) await this.streams();
    const subjects = this.#subjects.get(stream);
    const checked = subjects === undefined ? ok(undefined) : checkConsumer(config, subjects);
    return checked.ok ? bus.ensureConsumer(stream, config) : checked;
  }

  consumers(stream: string): Promise<Result<readonly ConsumerInfo[]>> {
    return this.#of(stream).consumers(stream);
  }

  deleteConsumer(stream: string, name: string): Promise<Result<void>> {
    return this.#of(stream).deleteConsumer(stream, name);
  }

  consume(stream: string, consumer: string, handler: DeliveryHandler | Consumption): BusSubscription {
    return this.#of(stream).consume(stream, consumer, handler);
  }

  async request(subject: string, data: string, options: RequestOptions): Promise<Result<BusMessage>> {
    const problem = subjectProblem(subject);
    return problem === undefined ? this.#remote.request(subject, data, options) : fail("bad_request", problem);
  }

  respond(...call: Parameters<MessageBus["respond"]>): BusSubscription {
    return isValidPattern(call[0]) ? this.#remote.respond(...call) : NOBODY;
  }

  listen(pattern: string, listener: (message: BusMessage) => void): BusSubscription {
    if (!isValidPattern(pattern)) return NOBODY;
    const both = [this.#local.listen(pattern, listener), this.#remote.listen(pattern, listener)];
    return { close: () => both.forEach((one) => one.close()) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#local.close(), this.#remote.close()]);
  }

  #of(stream: string): MessageBus {
    return this.#localStreams.some(({ name }) => name === stream) ? this.#local : this.#remote;
  }
}

function overlapping(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.some((other) => overlapsPattern(one, other)));
}
