/** The thread that reads agent CLIs' transcripts: joins the agents' parsers to the reading of files. */
import { parentPort } from "node:worker_threads";
import { transcriptFormats } from "#core/agents/index.ts";
import { serveTranscripts } from "#platform/transcripts/transcriptDesk.ts";

if (parentPort !== null) serveTranscripts(parentPort, transcriptFormats);
