/** The server as a child process: started on free ports, ready once its ready file is there. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Where one part of the server answers, and a key that works there. */
export interface Address {
  url: string;
  key?: string;
}

/** What `mockreel serve --ready-file` writes: an address for the control API and for each provider. */
export interface ReadyFile {
  control: Address;
  [provider: string]: Address | number | string;
}

export interface StartOptions {
  /** The command and its first words; default: `MOCKREEL_COMMAND`, else `mockreel`. */
  command?: string[];
  /** Further options of `mockreel serve`, as `["--hold", "--provider", "runflow"]`. */
  options?: string[];
  /** Milliseconds to wait until it is ready; default: 30,000. */
  timeout?: number;
}

export interface Started {
  ready: ReadyFile;
  stop(): Promise<void>;
}

const PAUSE_MS = 50;

/** Start a server on free ports; rejects with what it printed if it is not ready in time. */
export async function start(options: StartOptions = {}): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), "mockreel-"));
  const file = join(folder, "ready.json");
  const [command, ...first] = options.command ?? (process.env["MOCKREEL_COMMAND"] ?? "mockreel").split(" ");
  const words = [...first, "serve", "--port", "0", "--ready-file", file, "--quiet", ...(options.options ?? [])];
  const child = spawn(command!, words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const failed = new Promise<never>((_, reject) => child.on("error", reject));
  try {
    const ready = await Promise.race([untilReady(child, file, options.timeout ?? 30_000, () => said), failed]);
    return { ready, stop: () => stop(child, folder) };
  } catch (problem) {
    await stop(child, folder);
    throw problem;
  }
}

export async function readReadyFile(file: string): Promise<ReadyFile> {
  return JSON.parse(await readFile(file, "utf8")) as ReadyFile;
}

async function untilReady(child: ChildProcess, file: string, timeout: number, said: () => string): Promise<ReadyFile> {
  const deadline = Date.now() + timeout;
  while (child.exitCode === null && Date.now() < deadline) {
    try {
      return await readReadyFile(file);
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== "ENOENT") throw problem;
    }
    await pause(PAUSE_MS);
  }
  const what = child.exitCode === null ? `was not ready after ${timeout} ms` : `ended with ${child.exitCode}`;
  throw new Error(`mockreel serve ${what}. ${said()}`.trim());
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}
