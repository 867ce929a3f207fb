/** The ledger's entries as a file. */
import type { RpcClient } from "#shared/rpc/client.ts";
import type { StreamInput } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";

export async function exportLedger(client: RpcClient, input: StreamInput<"usageExport">): Promise<Result<void>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const result = await new Promise<Result<void>>((resolve) => {
    client.open("usageExport", input, {
      onItem: (_item, bytes) => void (bytes !== undefined && parts.push(new Uint8Array(bytes))),
      onEnd: (error) => resolve(error === undefined ? { ok: true, value: undefined } : { ok: false, error }),
    });
  });
  if (!result.ok) return result;
  const url = URL.createObjectURL(new Blob(parts, { type: input.format === "csv" ? "text/csv" : "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `signalbox-ledger-${(input.from ?? new Date().toISOString()).slice(0, 10)}.${input.format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return result;
}
