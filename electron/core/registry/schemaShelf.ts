/** Schemas of one server's tools, made ready at their first use and kept until the list of tools changes. */
import type { McpHost, SchemaCheck } from "#core/ports/mcpClient.ts";
import type { Result } from "#shared/model/result.ts";
import type { Tool } from "#shared/model/toolServer.ts";

export class SchemaShelf {
  readonly #host: Pick<McpHost, "compile">;
  readonly #ready = new Map<string, Result<SchemaCheck>>();

  constructor(host: Pick<McpHost, "compile">) {
    this.#host = host;
  }

  input(tool: Tool): Result<SchemaCheck> {
    return this.#take(`in ${tool.name}`, tool.inputSchema);
  }

  /** Undefined: it promises nothing about its answers. */
  output(tool: Tool): Result<SchemaCheck> | undefined {
    return tool.outputSchema === undefined ? undefined : this.#take(`out ${tool.name}`, tool.outputSchema);
  }

  clear(): void {
    this.#ready.clear();
  }

  #take(key: string, schema: Tool["inputSchema"]): Result<SchemaCheck> {
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const made = this.#host.compile(schema);
    this.#ready.set(key, made);
    return made;
  }
}
