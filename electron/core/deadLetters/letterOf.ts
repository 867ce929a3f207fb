/** What a letter says about its message: who sent it, which tool, which context. Anything may stand in it; nothing throws. */
import { z } from "zod";
import { parseTime } from "#shared/lib/isoTime.ts";
import { MSG_ID_HEADER } from "#shared/model/bus.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import type { LetterError } from "#shared/model/deadLetter.ts";
import type { NewLetter } from "./letterRows.ts";

export interface Death {
  readonly consumer: string;
  readonly error: LetterError;
  readonly attempts: number;
  /** ISO times of the first and of the last delivery. */
  readonly firstAt?: string;
  readonly lastAt?: string;
}

const word = z.string().min(1).max(500).optional().catch(undefined);
const envelopeSchema = z.object({
  id: word,
  source: word,
  type: word,
  contextid: word,
  correlationid: word,
  data: z.unknown(),
});
const dataSchema = z.object({ server: word, serverId: word, tool: word, agent: word });
const contextSchema = z
  .object({ context_id: word, contextId: word })
  .transform(({ context_id, contextId }) => context_id ?? contextId);
const correlationSchema = z
  .object({ correlation_id: word, correlationId: word })
  .transform(({ correlation_id, correlationId }) => correlation_id ?? correlationId);

export function letterOf(message: BusMessage, death: Death): NewLetter {
  const { stream, seq, subject, headers, data: original, time } = message;
  const { consumer, error, attempts, firstAt = time, lastAt = firstAt } = death;
  const envelope = read(envelopeSchema, parsed(original)) ?? NO_ENVELOPE;
  const { id = "", type = subject, source, data } = envelope;
  return {
    stream,
    seq,
    consumer,
    subject,
    headers,
    original,
    error,
    attempts,
    messageId: headers[MSG_ID_HEADER]?.[0] ?? id,
    type,
    source,
    firstMs: parseTime(firstAt),
    lastMs: parseTime(lastAt),
    ...whose({ source, data, subject }),
    contextId: envelope.contextid ?? read(contextSchema, data),
    correlationId: envelope.correlationid ?? read(correlationSchema, data),
  };
}

const NO_ENVELOPE: z.infer<typeof envelopeSchema> = { data: undefined };

interface Sender {
  readonly source: string | undefined;
  readonly data: unknown;
  readonly subject: string;
}

function whose({ source, data, subject }: Sender): Pick<NewLetter, "server" | "tool" | "agent"> {
  const said = read(dataSchema, data);
  return {
    server: said?.server ?? said?.serverId,
    tool: said?.tool ?? toolOf(subject),
    agent: said?.agent ?? agentOf(source),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const found = schema.safeParse(value);
  return found.success ? found.data : undefined;
}

/** `/agents/desk/reviewer` is `desk/reviewer`. */
function agentOf(source: string | undefined): string | undefined {
  return source?.startsWith("/agents/") === true ? source.slice("/agents/".length) : undefined;
}

/** `tool.<name>.failed`. */
function toolOf(subject: string): string | undefined {
  const [family, name, verb, ...more] = subject.split(".");
  return family === "tool" && verb === "failed" && more.length === 0 ? name : undefined;
}
