/** What the core gives to every transport; derived from the contract, so a missing or mistyped handler does not compile. */
import type {
  CommandName,
  CommandOutput,
  CommandRequest,
  QueryName,
  QueryOutput,
  QueryRequest,
  StreamItem,
  StreamName,
  StreamRequest,
} from "../contract/index.ts";
import type { Result } from "../model/result.ts";
import type { CallContext, StreamHandle, StreamSink } from "./protocol.ts";

export type QueryHandlers = { readonly [K in QueryName]: (input: QueryRequest<K>) => Promise<Result<QueryOutput<K>>> };
export type CommandHandlers = {
  readonly [K in CommandName]: (input: CommandRequest<K>, context: CallContext) => Promise<Result<CommandOutput<K>>>;
};
export type StreamHandlers = {
  readonly [K in StreamName]: (input: StreamRequest<K>, sink: StreamSink<StreamItem<K>>) => Result<StreamHandle>;
};
export interface Handlers {
  readonly queries: QueryHandlers;
  readonly commands: CommandHandlers;
  readonly streams: StreamHandlers;
  /** Makes a repeated command answer what the first one answered; without it every call runs. */
  readonly once?: (
    call: { name: CommandName; commandId: string },
    work: () => Promise<Result<unknown>>,
  ) => Promise<Result<unknown>>;
}
