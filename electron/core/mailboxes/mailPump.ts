/**
 * Gives each receiver its next message when it can take one. On disk before it is typed and after: a core that is killed
 * in between leaves a message that says it may come twice, never one that is lost.
 */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { Mail } from "#shared/model/mail.ts";
import type { Result } from "#shared/model/result.ts";
import type { MailboxesDeps } from "./deps.ts";
import type { MailStore } from "./mailStore.ts";
import { mailWords } from "./mailWords.ts";

/** After a failed try; the keeper may be starting. */
const AGAIN_MS = 3_000;

interface PumpDeps extends Pick<MailboxesDeps, "clock" | "logger" | "receivers"> {
  readonly mail: MailStore;
  readonly onChange: (mail: Mail) => void;
}

export class MailPump {
  readonly #deps: PumpDeps;
  readonly #turning = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  readonly #why = new Map<string, string>();
  /** Who has mail: a moment of anybody else costs nothing. */
  readonly #holders = new Set<string>();
  #unlisten: () => void = () => {};
  #isClosed = false;

  constructor(deps: PumpDeps) {
    this.#deps = deps;
  }

  open(receivers: readonly string[]): void {
    this.#unlisten = this.#deps.receivers.onMoment((path) => {
      if (this.#holders.has(path)) void this.turn(path);
    });
    for (const path of receivers) void this.turn(path);
  }

  close(): void {
    this.#isClosed = true;
    this.#unlisten();
    for (const cancel of this.#timers.values()) cancel();
  }

  whyWaits(path: string): string | undefined {
    return this.#why.get(path);
  }

  /** Delivers what can be delivered to this one now. One at a time; a moment that comes meanwhile is looked at afterwards. */
  async turn(path: string): Promise<void> {
    this.#holders.add(path);
    const turning = this.#turning.get(path);
    if (turning !== undefined) {
      this.#again.add(path);
      return turning;
    }
    const mine = this.#work(path).catch((error: unknown) =>
      this.#deps.logger.error("A mailbox failed; its messages wait.", { path, error: String(error) }),
    );
    this.#turning.set(path, mine);
    await mine;
    this.#turning.delete(path);
  }

  async #work(path: string): Promise<void> {
    do {
      this.#again.delete(path);
      let isGoingOn = true;
      while (isGoingOn && !this.#isClosed) isGoingOn = await this.#next(path);
    } while (this.#again.has(path));
  }

  /** Whether there may be more to do at once. */
  async #next(path: string): Promise<boolean> {
    this.#timers.get(path)?.();
    this.#timers.delete(path);
    const mail = this.#deps.mail.next(path);
    if (mail === undefined) {
      this.#holders.delete(path);
      this.#why.delete(path);
      return false;
    }
    const readiness = this.#deps.receivers.readiness(path);
    if (readiness.type !== "ready") {
      this.#waits(mail, readiness);
      return false;
    }
    this.#why.delete(path);
    const delivered = await this.deliver(mail);
    if (delivered.ok) return true;
    this.#waits(mail, { why: delivered.error.message, againMs: AGAIN_MS });
    return false;
  }

  #waits(mail: Mail, { why, againMs }: { why: string; againMs?: number }): void {
    const { to } = mail;
    if (againMs !== undefined)
      this.#timers.set(
        to,
        this.#deps.clock.after(againMs, () => void this.turn(to)),
      );
    if (this.#why.get(to) === why) return;
    this.#why.set(to, why);
    this.#deps.onChange(mail);
  }

  async deliver(mail: Mail): Promise<Result<Mail>> {
    const { receivers, clock } = this.#deps;
    const sessionId = receivers.sessionOf(mail.to);
    const begun = this.#change(mail, { state: "delivering", ...(sessionId === undefined ? {} : { sessionId }) });
    if (!begun.ok) return begun;
    const said = await receivers.say(mail.to, mailWords(mail));
    if (said.ok) {
      const { detail: _why, ...rest } = begun.value;
      return this.#change(rest, { state: "delivered", endedAt: toIsoTime(clock.wallNow()) });
    }
    const back = this.#change(begun.value, { state: "waiting", detail: said.error.message });
    return back.ok ? said : back;
  }

  #change(mail: Mail, change: Partial<Mail>): Result<Mail> {
    const changed = this.#deps.mail.change(mail, change);
    if (changed.ok) this.#deps.onChange(changed.value);
    return changed;
  }
}
