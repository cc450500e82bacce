// Testcontainers for Node: the image in a Vitest file. Needs `testcontainers` and `vitest`; build the image before.
import { GenericContainer, Wait } from "testcontainers";
import { afterAll, beforeAll, expect, test } from "vitest";

const key = "rf_live_testcontainers";
let container;

beforeAll(async () => {
  container = await new GenericContainer("mockreel")
    .withEnvironment({ MOCKREEL_KEYS: key, MOCKREEL_TOKEN: "a-token-for-local-use" })
    .withCommand(["--hold", "--allow-callback", "host.docker.internal"])
    .withExtraHosts([{ host: "host.docker.internal", ipAddress: "host-gateway" }])
    .withExposedPorts(8700, 8701)
    .withWaitStrategy(Wait.forHttp("/readyz", 8700))
    .start();
}, 120_000);

afterAll(() => container?.stop());

test("a run is accepted", async () => {
  const url = `http://localhost:${container.getMappedPort(8701)}/v1/models/google/veo3.1/lite/runs`;
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ input: { prompt: "A boat." } }) });

  expect(response.status).toBe(201);
});
