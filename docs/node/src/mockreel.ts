/** A typed client of the control API, with short words for what tests do most. */

import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./control-api.js";
import { type Address, readReadyFile, type ReadyFile, start, type StartOptions } from "./server.js";

type Schemas = components["schemas"];
type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never;
type Body<Path extends keyof paths> = paths[Path] extends {
  post: { requestBody: { content: { "application/json": infer B } } };
}
  ? B
  : never;

/** Every operation of the control API, typed by its OpenAPI document: `await mock.control.GET("/jobs")`. */
export type Control = Client<paths>;

export interface ConnectOptions {
  /** The control port; default: `MOCKREEL_CONTROL_URL`, else http://127.0.0.1:8700. */
  url?: string;
  /** Or the file of `mockreel serve --ready-file`; default: `MOCKREEL_READY_FILE`. */
  readyFile?: string;
  /** The token of the server, if it has one; default: `MOCKREEL_TOKEN`. */
  token?: string;
}

/** The control API rejected a request; `valid` lists what would be valid. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly valid: string[] = [],
  ) {
    super(`The control API answered ${status}: ${detail}`);
    this.name = "ControlError";
  }
}

/** A running mock server. */
export class Mockreel {
  private constructor(
    /** Every operation of the control API. */
    readonly control: Control,
    /** The address of the control port and the dashboard. */
    readonly controlUrl: string,
    private readonly addresses: ReadonlyMap<string, Address>,
    private readonly end: () => Promise<void>,
  ) {}

  /** Start a server on free ports; `stop()` ends it. */
  static async start(options: StartOptions = {}): Promise<Mockreel> {
    const { ready, stop } = await start(options);
    const { url } = ready.control;
    return new Mockreel(client(url), url, addressesOf(ready), stop);
  }

  /** Use a server that runs already; `stop()` leaves it running. */
  static async connect(options: ConnectOptions = {}): Promise<Mockreel> {
    const file = options.readyFile ?? (options.url === undefined ? process.env["MOCKREEL_READY_FILE"] : undefined);
    const ready = file === undefined ? undefined : await readReadyFile(file);
    const url =
      options.url ?? ready?.control.url ?? process.env["MOCKREEL_CONTROL_URL"] ?? "http://127.0.0.1:8700";
    const control = client(url, options.token ?? process.env["MOCKREEL_TOKEN"]);
    const { providers } = data(await control.GET("/"));
    const written = ready === undefined ? new Map<string, Address>() : addressesOf(ready);
    const found = Object.entries(providers).map(([name, row]): [string, Address] => [
      name,
      written.get(name) ?? { url: row.url ?? `${url}/${name}` },
    ]);
    return new Mockreel(control, url, new Map(found), async () => undefined);
  }

  /** The base URL of a provider. */
  url(provider: string): string {
    return this.address(provider).url;
  }

  /** A key that works at a provider. */
  key(provider: string): string {
    return this.address(provider).key ?? "any-key";
  }

  private address(provider: string): Address {
    const found = this.addresses.get(provider);
    if (found === undefined) {
      throw new Error(`No provider ${JSON.stringify(provider)}; there are ${[...this.addresses.keys()].join(", ")}.`);
    }
    return found;
  }

  /** Advance the clock and run what falls due; resolves when webhooks have been delivered too. */
  async advance(seconds: number): Promise<Schemas["Clock"]> {
    return data(await this.control.POST("/clock/advance", { body: { seconds } }));
  }

  /** Pause the clock. */
  async hold(): Promise<Schemas["Clock"]> {
    return data(await this.control.POST("/clock/hold", json));
  }

  /** Let the clock run on. */
  async resume(): Promise<Schemas["Clock"]> {
    return data(await this.control.POST("/clock/resume", json));
  }

  /** The state at the start: no jobs, an empty journal. */
  async reset(): Promise<void> {
    data(await this.control.POST("/reset", json));
  }

  /** The requests that match, oldest first, with their bodies and responses. */
  async requests(query: Omit<Query<"/journal">, "bodies" | "order"> = {}): Promise<Schemas["Entry"][]> {
    const params = { query: { ...query, bodies: "true" as const, order: "oldest" as const } };
    return data(await this.control.GET("/journal", { params })).entries;
  }

  /** The jobs that match, newest first. */
  async jobs(query: Query<"/jobs"> = {}): Promise<Schemas["Job"][]> {
    return data(await this.control.GET("/jobs", { params: { query } })).jobs;
  }

  /** The webhooks that match, newest first, with every attempt. */
  async webhooks(query: Query<"/deliveries"> = {}): Promise<Schemas["Delivery"][]> {
    return data(await this.control.GET("/deliveries", { params: { query } })).deliveries;
  }

  /** Make matching requests fail, or go another way: `{ fault: "reset", operation: "get_run", nth: 2 }`. */
  async addRule(body: Body<"/rules">): Promise<Schemas["Rule"]> {
    return data(await this.control.POST("/rules", { body }));
  }

  /** Remove all rules. */
  async clearRules(): Promise<void> {
    data(await this.control.DELETE("/rules"));
  }

  /** What the jobs so far would have cost, by currency. */
  async costAvoided(): Promise<Schemas["Cost"]> {
    return data(await this.control.GET("/cost"));
  }

  /** End a server that `start` started. */
  async stop(): Promise<void> {
    await this.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Operations without a body: the control API accepts JSON only. */
const json = { headers: { "Content-Type": "application/json" } };

function client(url: string, token?: string): Control {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  return createClient<paths>({ baseUrl: `${url.replace(/\/$/, "")}/_mockreel`, headers });
}

function addressesOf(ready: ReadyFile): Map<string, Address> {
  const found = Object.entries(ready).filter(([name, value]) => name !== "control" && typeof value === "object");
  return new Map(found as [string, Address][]);
}

/** The data of a response; what the API rejected is thrown. */
function data<T>(result: { data?: T; error?: unknown; response: Response }): T {
  if (result.response.ok) return result.data as T;
  const said = (result.error ?? {}) as { detail?: string; valid?: string[] };
  throw new ControlError(result.response.status, said.detail ?? String(result.error), said.valid);
}
