/** doctor: the app's own checks; without an app, what can be told from outside. */
import { accessSync, constants, existsSync } from "node:fs";
import type { DoctorCheck } from "#shared/contract/index.ts";
import type { CliContext, Command } from "./command.ts";
import { connectToApp } from "./connection.ts";
import { askKeeper, keeperEndpoints } from "./keepers.ts";
import { DONE, refused } from "./outcome.ts";

const MARKS: Readonly<Record<DoctorCheck["status"], string>> = { ok: "✓", warning: "!", failed: "✗" };

export const doctorCommands: Readonly<Record<string, Command>> = {
  doctor: {
    usage: "doctor",
    summary: "Check this installation and say what to do",
    takes: [0, 0],
    run: async (context) => {
      const connected = await connectToApp(context.dataDir);
      if (!connected.ok) {
        const reason: DoctorCheck = { name: "app", status: "warning", message: connected.error.message };
        await print(context, [reason, ...(await localChecks(context.dataDir))]);
        return DONE;
      }
      const checks = await connected.value.query("app.doctor", {});
      connected.value.close();
      if (!checks.ok) return refused(checks.error);
      await print(context, checks.value);
      return DONE;
    },
  },
};

async function print({ out }: CliContext, checks: readonly DoctorCheck[]): Promise<void> {
  for (const check of checks) {
    if (out.isJson) await out.json(check);
    else
      await out.line(
        `${MARKS[check.status]} ${check.name}: ${check.message}${check.advice === undefined ? "" : ` ${check.advice}`}`,
      );
  }
}

async function localChecks(dataDir: string): Promise<DoctorCheck[]> {
  return [
    { name: "node", status: "ok", message: `Node ${process.versions.node}.` },
    dataDirCheck(dataDir),
    ...(await keeperChecks(dataDir)),
  ];
}

function dataDirCheck(dataDir: string): DoctorCheck {
  const name = "data directory";
  if (!existsSync(dataDir))
    return { name, status: "ok", message: `${dataDir} does not exist yet; the first start makes it.` };
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return { name, status: "ok", message: `${dataDir} can be written.` };
  } catch {
    return {
      name,
      status: "failed",
      message: `${dataDir} cannot be written.`,
      advice: "Give it back to your user, or choose another with --data.",
    };
  }
}

async function keeperChecks(dataDir: string): Promise<DoctorCheck[]> {
  const checks: DoctorCheck[] = [];
  for (const keeper of keeperEndpoints(dataDir)) {
    const answer = await askKeeper(dataDir, keeper, { request: { op: "list", id: 2 } });
    if (answer === undefined) continue;
    const count = answer.ok && Array.isArray(answer.value) ? answer.value.length : 0;
    const message = answer.ok
      ? `Keeper ${keeper.version} (pid ${keeper.pid}) holds ${count} sessions.`
      : answer.error.message;
    checks.push({ name: "session keeper", status: answer.ok ? "ok" : "failed", message });
  }
  return checks;
}
