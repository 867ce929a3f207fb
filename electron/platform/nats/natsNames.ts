/**
 * Names on a NATS server that several machines share. What a machine publishes stays its own: its streams and subjects
 * carry its id, so that two machines with a fleet of one name never take each other's messages. Only what is about the
 * machines themselves is everybody's. Requests live beside the messages: no stream may answer one.
 */
export interface NatsScope {
  /** The machine's identity: one token of a subject. */
  readonly id: string;
  /** Streams and first tokens of subjects that all machines have in common. */
  readonly common: { readonly streams: readonly string[]; readonly roots: readonly string[] };
}

const PRODUCT = "signalbox";
/** No machine's id: those are UUIDs. */
const COMMON = "all";

export class NatsNames {
  readonly #scope: NatsScope;

  constructor(scope: NatsScope) {
    this.#scope = scope;
  }

  stream(name: string): string {
    return `${PRODUCT}_${this.#scope.common.streams.includes(name) ? COMMON : this.#scope.id}_${name}`;
  }

  /** The name of a stream of ours; undefined for another machine's, or another program's. */
  streamOf(natsName: string): string | undefined {
    const own = `${PRODUCT}_${this.#scope.id}_`;
    if (natsName.startsWith(own)) return natsName.slice(own.length);
    const common = `${PRODUCT}_${COMMON}_`;
    return natsName.startsWith(common) ? natsName.slice(common.length) : undefined;
  }

  /** A consumer of a common stream is still one machine's. */
  consumer(stream: string, name: string): string {
    return this.#scope.common.streams.includes(stream) ? `${name}_${this.#scope.id}` : name;
  }

  consumerOf(stream: string, natsName: string): string | undefined {
    if (!this.#scope.common.streams.includes(stream)) return natsName;
    const own = `_${this.#scope.id}`;
    return natsName.endsWith(own) ? natsName.slice(0, -own.length) : undefined;
  }

  /** Of a message; takes patterns, too. */
  subject(subject: string): string {
    return `${this.#lead(subject)}.msg.${subject}`;
  }

  request(subject: string): string {
    return `${this.#lead(subject)}.ask.${subject}`;
  }

  /** Without what `subject` or `request` put before it: product, machine, kind. */
  plain(natsSubject: string): string {
    return natsSubject.split(".").slice(3).join(".");
  }

  #lead(subject: string): string {
    const [root = ""] = subject.split(".", 1);
    return `${PRODUCT}.${this.#scope.common.roots.includes(root) ? COMMON : this.#scope.id}`;
  }
}
