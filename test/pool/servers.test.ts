import { afterEach, expect, it, vi } from "vitest";
import { serverForTests } from "../server";
import { describeServer } from "./servers";

const current = serverForTests();
afterEach(() => vi.unstubAllEnvs());

it("a run says in one line which server it had", async () => {
  vi.stubEnv("TEST_MONGODB_URI", "");
  expect(await describeServer()).toMatch(/^(SecantusDB|mongod) \d.*, this project's part$/);
});

it("a run on another server says its version and what it is", async () => {
  vi.stubEnv("TEST_MONGODB_URI", current.server.uri);
  expect(await describeServer()).toMatch(
    /^MongoDB \d+\.\d+\.\d+ of TEST_MONGODB_URI, (standalone|replica set of \d); .* for tests that/,
  );
});
