import { afterAll, beforeAll, expect, test } from "vitest";

import { ControlError, Mockreel } from "../src/index.js";

let mock: Mockreel;

beforeAll(async () => {
  mock = await Mockreel.start({ options: ["--hold"] });
});

afterAll(async () => {
  await mock.stop();
});

async function submit(): Promise<{ id: string }> {
  const response = await fetch(`${mock.url("runflow")}/v1/models/google/veo3.1/lite/runs`, {
    method: "POST",
    headers: { Authorization: `Bearer ${mock.key("runflow")}`, "Content-Type": "application/json" },
    body: JSON.stringify({ input: { prompt: "A paper boat.", duration: "6s", resolution: "720p" } }),
  });
  return (await response.json()) as { id: string };
}

test("a job ends when the clock is advanced", async () => {
  const run = await submit();
  await mock.advance(60);

  const [job] = await mock.jobs({ provider: "runflow" });
  expect(job).toMatchObject({ id: run.id, state: "succeeded" });
  expect(await mock.requests({ operation: "create_run" })).toMatchObject([
    { status: 201, body: { input: { prompt: "A paper boat." } } },
  ]);
});

test("a rule makes a request fail until it is removed", async () => {
  await mock.addRule({ scenario: "rate-limited", operation: "create_run" });
  expect(await submit()).toMatchObject({ code: "RATE_LIMITED" });

  await mock.clearRules();
  expect(await submit()).toMatchObject({ status_code: "queued" });
});

test("what the API rejects is an error that says what is valid", async () => {
  const wrong = mock.addRule({ fault: "truncate" });

  await expect(wrong).rejects.toBeInstanceOf(ControlError);
  await expect(wrong).rejects.toMatchObject({ status: 400, valid: expect.arrayContaining(["truncated"]) });
});

test("a reset server has no jobs and no requests", async () => {
  await submit();
  await mock.reset();

  expect(await mock.jobs()).toEqual([]);
  expect(await mock.requests()).toEqual([]);
});

test("what was avoided is summed up", async () => {
  await submit();

  expect(await mock.costAvoided()).toMatchObject({ sums: { USD: expect.any(String) } });
});

test("every operation is there, with its types", async () => {
  const { data } = await mock.control.GET("/clock");

  expect(data?.held).toBe(true);
});

test("another client finds the same server by its address, and leaves it running", async () => {
  const other = await Mockreel.connect({ url: mock.controlUrl });
  const run = await submit();

  expect(other.url("runflow")).toBe(mock.url("runflow"));
  expect((await other.jobs())[0]).toMatchObject({ id: run.id });
  await other.stop();
  expect(await mock.jobs({ limit: 1 })).toHaveLength(1);
});

test("a server that cannot start says why", async () => {
  await expect(Mockreel.start({ options: ["--provider", "nobody"] })).rejects.toThrow(/nobody/);
});
